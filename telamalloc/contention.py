"""How many bytes are live when: TelaMalloc's contention, and what it proves."""

from __future__ import annotations

import numpy as np

from telamalloc.problem import Ints, Problem


def contention(problem: Problem) -> tuple[Ints, Ints]:
    """The live bytes as a step function.

    Buffers that may share a place are counted apart, each with all its bytes.

    Returns:
        The times at which it changes, int64 [m], ascending, and the bytes live from each on,
        int64 [m]; the last is 0.
    """
    gap = problem.gaps
    saved = problem.size[gap[:, 0]] - gap[:, 3]
    times = np.concatenate([problem.lower, problem.upper, gap[:, 1], gap[:, 2]])
    change = np.concatenate([problem.size, -problem.size, -saved, saved])
    steps, where = np.unique(times, return_inverse=True)
    total = np.zeros(len(steps), np.int64)
    np.add.at(total, where, change)
    return steps, np.cumsum(total)


def peak_contention(problem: Problem) -> int:
    """The most bytes live at once: a lower bound of any plan's peak if nothing is shared."""
    return int(contention(problem)[1].max(initial=0))
