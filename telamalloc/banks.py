"""Several memories: which buffer goes where, at the least cost of spilling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from telamalloc import engine
from telamalloc.contention import contention
from telamalloc.deadline import Deadline
from telamalloc.engine import Effort, Engine
from telamalloc.problem import ANY_BANK, Ints, Problem
from telamalloc.solution import Solution, Status

Mask = NDArray[np.bool_]

# Above so many choices CP-SAT's model of all banks at once is slower than it is worth.
_CPSAT_CHOICES = 2000
# Of the time that is left: for one attempt to fill a bank, and for one to bring a buffer back.
_FILL_SHARE, _RETURN_SHARE = 0.1, 0.02


def solve(problem: Problem, effort: Effort) -> Solution:
    """Places every buffer in one of its banks; buffers that may choose spill at little cost.

    The status is INFEASIBLE only if no choice of banks can work.

    Raises:
        TelamallocError: the engine is missing.
    """
    from telamalloc import cpsat

    if effort.engine is Engine.CPSAT:
        return cpsat.spill(problem, engine.cpsat_params(effort), effort.stop)
    deadline = effort.deadline()
    share = 0.5 if _worth_cpsat(problem, effort) else 1.0
    first = _greedy(problem, effort, Deadline.after(deadline.seconds(share)))
    if spill_cost(problem, first) == 0 or not _worth_cpsat(problem, effort):
        return first
    rest = engine.cpsat_params(effort.until(deadline))
    return _cheaper(problem, first, cpsat.spill(problem, rest, effort.stop, first))


def minimize(problem: Problem, effort: Effort) -> Solution:
    """Chooses the banks as `solve` does, then minimizes the peak of each."""
    deadline = effort.deadline()
    if problem.capacity is None:
        chosen = np.where(problem.bank == ANY_BANK, 0, problem.bank)
    else:
        first = solve(problem, effort.until(deadline, 0.5))
        if first.status is not Status.SOLVED:
            return first
        chosen = first.banks
    return _each(problem, chosen, effort, deadline)


def spill_cost(problem: Problem, solution: Solution) -> float:
    """What a plan's spilling costs: bytes times the cost of the bank; infinite without a plan."""
    if solution.status is not Status.SOLVED:
        return float("inf")
    price = np.array([bank.spill_cost for bank in problem.banks])
    return float((price[solution.banks] * problem.size).sum())


def _worth_cpsat(problem: Problem, effort: Effort) -> bool:
    choices = int((problem.bank == ANY_BANK).sum()) * len(problem.banks)
    wanted = effort.engine is Engine.AUTO and 0 < choices <= _CPSAT_CHOICES
    return wanted and not effort.stop.is_set() and engine.cpsat_is_installed()


def _cheaper(problem: Problem, first: Solution, second: Solution) -> Solution:
    if second.status is Status.INFEASIBLE:
        return second
    return min((first, second), key=lambda solution: spill_cost(problem, solution))


def _greedy(problem: Problem, effort: Effort, deadline: Deadline) -> Solution:
    """Fills one bank after the other, the cheapest first; what does not fit goes on to the next."""
    chosen, free = problem.bank.copy(), problem.bank == ANY_BANK
    offsets = np.full(len(problem), -1, np.int64)
    statuses = []
    order = sorted(range(len(problem.banks)), key=lambda number: problem.banks[number].spill_cost)
    for number in order:
        rows = np.flatnonzero((chosen == number) | free)
        last = number == order[-1]
        may_go = np.zeros(len(rows), bool) if last else free[rows]
        stays, answer = _fill(_part(problem, rows, number), may_go, effort, deadline)
        chosen[rows[stays]], offsets[rows[stays]] = number, answer.offsets
        free[rows[stays]] = False
        statuses.append(answer.status)
    status = max(statuses, key=_BY_WEIGHT.index)
    if status is Status.INFEASIBLE and (problem.bank == ANY_BANK).any():
        status = Status.BUDGET  # another choice might work
    return Solution.of(problem, status, offsets, chosen)


_BY_WEIGHT = (Status.SOLVED, Status.BUDGET, Status.INTERRUPTED, Status.INFEASIBLE)


def _fill(part: Problem, free: Mask, effort: Effort, deadline: Deadline) -> tuple[Mask, Solution]:
    """Which of a bank's candidates stay in it, and their plan; those not free always stay.

    Returns:
        A mask over `part`, and a solution of the subset that stays.
    """

    def ask(rows: Mask, share: float) -> Solution:
        part_of_it = part.subset(np.flatnonzero(rows))
        return engine.solve(part_of_it, effort.until(deadline, share))

    if part.capacity is None:
        return np.ones(len(part), bool), engine.minimize(part, effort.until(deadline, _FILL_SHARE))
    stays = _light_enough(part, free)
    going = 1
    answer = ask(stays, _FILL_SHARE)
    while answer.status is not Status.SOLVED and (stays & free).any():
        for _ in range(min(going, int((stays & free).sum()))):
            stays[_least_at_peak(part, stays, free)] = False
        going *= 2
        answer = ask(stays, _FILL_SHARE)
    for row in np.flatnonzero(~stays)[np.argsort(-part.size[~stays], kind="stable")]:
        stays[row] = True
        overloaded = contention(part.subset(np.flatnonzero(stays)))[1].max() > part.capacity
        again = answer if overloaded or deadline.passed else ask(stays, _RETURN_SHARE)
        if overloaded or deadline.passed or again.status is not Status.SOLVED:
            stays[row] = False
        else:
            answer = again
    return stays, answer


def _light_enough(part: Problem, free: Mask) -> Mask:
    """All candidates, less free ones until no time step needs more bytes than there are.

    First goes the buffer that relieves the most overload, over time, per byte spilled.
    """
    assert part.capacity is not None
    stays = np.ones(len(part), bool)
    while True:
        times, needed = contention(part.subset(np.flatnonzero(stays)))
        over = np.maximum(needed - part.capacity, 0)
        going = np.flatnonzero(stays & free)
        if not over.any() or not len(going):
            return stays
        relief = [_relief(part, int(row), times, over) / int(part.size[row]) for row in going]
        if max(relief) <= 0:
            return stays
        stays[going[int(np.argmax(relief))]] = False


def _relief(part: Problem, row: int, times: Ints, over: Ints) -> int:
    """Overload that vanishes with a buffer, in bytes times steps; its gaps are not looked at."""
    first, last = np.searchsorted(times, [part.lower[row], part.upper[row]])
    length = np.diff(times[first : last + 1])
    return int((np.minimum(over[first:last], part.size[row])[: len(length)] * length).sum())


def _least_at_peak(part: Problem, stays: Mask, free: Mask) -> int:
    """The smallest free buffer of those live when the most bytes are."""
    rows = np.flatnonzero(stays)
    times, needed = contention(part.subset(rows))
    busy = times[int(np.argmax(needed))]
    candidates = np.flatnonzero(stays & free)
    live = candidates[(part.lower[candidates] <= busy) & (busy < part.upper[candidates])]
    pool = live if len(live) else candidates
    return int(pool[np.argmin(part.size[pool])])


def _part(problem: Problem, rows: Ints, number: int) -> Problem:
    """The buffers at `rows` as a problem of bank `number` alone."""
    alone = problem.subset(rows)
    return replace(alone, banks=(problem.banks[number],), bank=np.zeros(len(rows), np.int64))


def _each(problem: Problem, chosen: Ints, effort: Effort, deadline: Deadline) -> Solution:
    """The lowest peak of each bank alone, given who goes where."""
    offsets = np.full(len(problem), -1, np.int64)
    status, bound = Status.SOLVED, 0
    for number in range(len(problem.banks)):
        rows = np.flatnonzero(chosen == number)
        answer = engine.minimize(_part(problem, rows, number), effort.until(deadline))
        offsets[rows] = answer.offsets
        if answer.status is not Status.SOLVED and status is not Status.INFEASIBLE:
            status = answer.status
        if number == 0:
            bound = answer.lower_bound
    return Solution.of(problem, status, offsets, chosen, bound)
