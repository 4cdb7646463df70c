"""A graph changed a little: a plan in which few buffers move.

A compiler that patches code, or a device that keeps weights in place, pays for every buffer
whose offset changes. Buffers are matched by id; one whose lifetime, size or alignment changed
stays where it was if that is still right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from telamalloc import engine
from telamalloc.deadline import Deadline
from telamalloc.engine import Effort, Engine
from telamalloc.problem import NO_OFFSET, Ints, Problem
from telamalloc.solution import Solution, Status


@dataclass(frozen=True, eq=False)
class Replan:
    """A plan for the changed problem.

    Attributes:
        solution: the plan.
        moved: rows of known buffers whose offset changed, ascending.
        fewest: whether it is proved that no plan moves fewer.
    """

    solution: Solution
    moved: Ints
    fewest: bool


def replan(
    problem: Problem,
    old_offsets: Mapping[str, int],
    max_moves: int | None = None,
    effort: Effort | None = None,
) -> Replan:
    """Plans a changed problem and keeps most offsets of an earlier plan.

    At first nothing may move, then the known buffers around the new ones, more and more of
    them; last CP-SAT, where it is installed, looks for the fewest moves of all.

    Args:
        problem: the changed problem, one bank with a capacity.
        old_offsets: id -> offset in bytes in the earlier plan; other ids are ignored.
        max_moves: of known buffers; None: any number.
        effort: how to look; its timeout is for everything together.

    Returns:
        The plan found; the status is INFEASIBLE if it is proved that none keeps to `max_moves`.

    Raises:
        TelamallocError: the problem has no capacity.
    """
    effort = effort or Effort()
    deadline = effort.deadline()
    old = np.array([old_offsets.get(problem.id(row), NO_OFFSET) for row in range(len(problem))])
    old = np.where(_still_possible(problem, old), old, NO_OFFSET)
    known = np.flatnonzero(old != NO_OFFSET)
    limit = len(known) if max_moves is None else min(max_moves, len(known))
    found = _growing(problem, old, known, limit, effort, deadline)
    if found is not None and not len(found.moved):
        return found
    if effort.engine is Engine.CORE or not engine.cpsat_is_installed():
        return found or _none(problem)
    return _fewest(problem, old, limit, found, effort.until(deadline))


def _still_possible(problem: Problem, old: Ints) -> NDArray[np.bool_]:
    """Which old offsets their buffers could keep, looked at one by one."""
    top = problem.region_upper
    if problem.capacity is not None:
        top = np.minimum(top, problem.capacity)
    possible = (old >= problem.region_lower) & (old + problem.size <= top)
    given = problem.offset != NO_OFFSET
    same = ~given | (problem.offset == old)
    mask: NDArray[np.bool_] = (old != NO_OFFSET) & possible & same & (old % problem.alignment == 0)
    return mask


def _growing(
    problem: Problem, old: Ints, known: Ints, limit: int, effort: Effort, deadline: Deadline
) -> Replan | None:
    """Frees more and more known buffers, those nearest to the change first."""
    nearest = known[np.argsort(-_nearness(problem, old)[known], kind="stable")]
    count = 0
    while not deadline.passed and not effort.stop.is_set():
        held = problem.offset.copy()
        stay = nearest[count:]
        held[stay] = old[stay]
        answer = engine.solve(replace(problem, offset=held), effort.until(deadline, 0.2))
        if answer.status is Status.SOLVED:
            moved = known[answer.offsets[known] != old[known]]
            return Replan(answer, moved, fewest=count == 0)
        if count == limit:
            return None
        count = min(limit, max(1, 2 * count))
    return None


def _nearness(problem: Problem, old: Ints) -> NDArray[np.float64]:
    """How much each buffer is in the way: its overlap in time with new ones, times their bytes.

    Known buffers that now lie over one another come before all others.
    """
    new = np.flatnonzero(old == NO_OFFSET)
    near = np.zeros(len(problem))
    for row in new:
        shared = np.minimum(problem.upper, problem.upper[row]) - np.maximum(
            problem.lower, problem.lower[row]
        )
        near += np.maximum(shared, 0) * float(problem.size[row])
    largest = near.max(initial=0.0) + 1.0
    for row in np.flatnonzero(old != NO_OFFSET):
        over = (old != NO_OFFSET) & (old < old[row] + problem.size[row])
        over &= (old[row] < old + problem.size) & (problem.lower < problem.upper[row])
        over &= problem.lower[row] < problem.upper
        near[row] += largest * (int(over.sum()) - 1)
    return near


def _fewest(
    problem: Problem, old: Ints, limit: int, found: Replan | None, effort: Effort
) -> Replan:
    """CP-SAT's answer, or `found` where that moves no more."""
    from telamalloc import cpsat

    start = None if found is None else found.solution
    answer, proved = cpsat.keep(
        problem, old, limit, engine.cpsat_params(effort), effort.stop, start
    )
    known = np.flatnonzero(old != NO_OFFSET)
    if answer.status is not Status.SOLVED:
        return found or Replan(answer, known[:0], proved)
    moved = known[answer.offsets[known] != old[known]]
    if found is not None and len(found.moved) <= len(moved):
        return replace(found, fewest=proved)
    return Replan(answer, moved, proved)


def _none(problem: Problem) -> Replan:
    """No plan found by the core alone, which proves nothing about which buffers must move."""
    nowhere = np.full(len(problem), -1, np.int64)
    return Replan(Solution.of(problem, Status.BUDGET, nowhere), np.arange(0), False)
