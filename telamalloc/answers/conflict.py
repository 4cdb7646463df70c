"""Why it does not fit: few buffers that already do not fit together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telamalloc import engine
from telamalloc.contention import contention
from telamalloc.deadline import Deadline
from telamalloc.engine import Effort
from telamalloc.problem import Ints, Problem
from telamalloc.solution import Status

# Of the time that is left, what one question "do these fit?" may take.
_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Conflict:
    """Buffers that do not fit together, proved.

    Attributes:
        rows: their rows in the problem, ascending.
        irreducible: leave out any one of them and the rest fit; otherwise the time was up
            before all of them were tried.
    """

    rows: Ints
    irreducible: bool


def find_conflict(problem: Problem, effort: Effort) -> Conflict | None:
    """Shrinks an infeasible problem to few buffers, by deletion.

    First to those live at the busiest moment, if they are too many bytes; else stretches of
    buffers are left out, half of them at first, then quarters, down to each one alone.

    Args:
        problem: one bank with a capacity.
        effort: how to ask; its timeout is for all questions together.

    Returns:
        None if the problem is not proved infeasible in time.
    """
    deadline = effort.deadline()
    rows = _busiest(problem)
    if not _infeasible(problem, rows, effort, deadline):
        rows = np.arange(len(problem))
        if not _infeasible(problem, rows, effort, deadline):
            return None
    sure = True
    step = max(1, len(rows) // 2)
    while True:
        at = 0
        while at < len(rows):
            rest = np.delete(rows, slice(at, at + step))
            answer = _ask(problem, rest, effort, deadline)
            if answer is Status.INFEASIBLE:
                rows = rest
            else:
                sure = sure and (step > 1 or answer is Status.SOLVED)
                at += step
        if step == 1:
            return Conflict(rows, sure)
        step = max(1, step // 2)


def _busiest(problem: Problem) -> Ints:
    """The buffers live when the most bytes are."""
    times, needed = contention(problem)
    if not len(times):
        return np.arange(0)
    busy = times[int(np.argmax(needed))]
    return np.flatnonzero((problem.lower <= busy) & (busy < problem.upper))


def _infeasible(problem: Problem, rows: Ints, effort: Effort, deadline: Deadline) -> bool:
    return _ask(problem, rows, effort, deadline) is Status.INFEASIBLE


def _ask(problem: Problem, rows: Ints, effort: Effort, deadline: Deadline) -> Status:
    if deadline.passed or effort.stop.is_set():
        return Status.BUDGET
    return engine.solve(problem.subset(rows), effort.until(deadline, _SHARE)).status
