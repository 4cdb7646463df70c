"""One more buffer: does it fit as things are, or after moving others, or what would it take?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from telamalloc import engine
from telamalloc.engine import Effort
from telamalloc.problem import NO_OFFSET, Buffer, Problem
from telamalloc.solution import Solution, Status


@dataclass(frozen=True, eq=False)
class WhatIf:
    """What happens with one more buffer.

    Attributes:
        problem: the problem with the buffer as its last row.
        undisturbed: a plan in which no other buffer moves; None if there is none.
        replanned: a plan in which others may move; None if none was found.
        peak: the lowest peak found with the buffer and without regard to the capacity; None if
            no plan was found.
        proved: whether the answer is final: there is a plan, or it is proved that there is none.
    """

    problem: Problem
    undisturbed: Solution | None
    replanned: Solution | None
    peak: int | None
    proved: bool


def what_if(
    problem: Problem, plan: Solution, extra: Buffer, effort: Effort | None = None
) -> WhatIf:
    """Adds a buffer to a planned problem.

    Args:
        problem: one bank.
        plan: a valid plan of it.
        extra: the buffer; its id is new.
        effort: how to look; its timeout is for everything together.

    Raises:
        ProblemError: the buffer means nothing, or its id is taken.
    """
    effort = effort or Effort()
    deadline = effort.deadline()
    longer = with_buffer(problem, extra)
    kept = np.append(plan.offsets, longer.offset[-1])
    undisturbed = _plan(replace(longer, offset=kept), effort.until(deadline, 0.2))
    if undisturbed.status is Status.SOLVED:
        return WhatIf(longer, undisturbed, undisturbed, undisturbed.peak, True)
    replanned = _plan(longer, effort.until(deadline, 0.6))
    if replanned.status is Status.SOLVED:
        return WhatIf(longer, None, replanned, replanned.peak, True)
    free = engine.minimize(longer.with_capacity(None), effort.until(deadline))
    peak = free.peak if free.status is Status.SOLVED else None
    return WhatIf(longer, None, None, peak, replanned.status is Status.INFEASIBLE)


def largest_undisturbed(problem: Problem, plan: Solution, lower: int, upper: int) -> int:
    """The size of the largest buffer that fits in [lower, upper) while all others stay.

    Gaps are not used: what a buffer needs at some time counts for its whole life.

    Returns:
        Bytes; without a capacity, those below the plan's peak.
    """
    top = plan.peak if problem.capacity is None else problem.capacity
    live = (problem.lower < upper) & (lower < problem.upper)
    starts = plan.offsets[live]
    order = np.argsort(starts, kind="stable")
    ends = np.maximum.accumulate(np.append(0, (starts + problem.size[live])[order]))
    return int(max(0, (np.append(starts[order], top) - ends).max()))


def with_buffer(problem: Problem, extra: Buffer) -> Problem:
    """The problem with one more buffer, as its last row.

    Raises:
        ProblemError: the buffer means nothing, or its id is taken.
    """
    return Problem.from_buffers((*problem.buffers, extra), banks=problem.banks)


def _plan(problem: Problem, effort: Effort) -> Solution:
    fixed = problem.offset != NO_OFFSET
    if problem.capacity is not None:
        return engine.solve(problem, effort)
    top = int((problem.offset + problem.size)[fixed].max(initial=0))
    return engine.solve(problem.with_capacity(max(1, top)), effort)
