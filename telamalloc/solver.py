"""Solving: the bridge between problems in numpy columns and the C++ core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from telamalloc import _core, aliases
from telamalloc.errors import TelamallocError
from telamalloc.problem import LIMIT, NO_OFFSET, Ints, Problem
from telamalloc.solution import Solution, Stats, Status

StopFlag = _core.StopFlag

_STATUS = (Status.SOLVED, Status.INFEASIBLE, Status.BUDGET, Status.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class SolverParams:
    """Every switch of the search; the defaults are used for everything.

    Attributes:
        timeout: seconds after which to give up (0: never). Ends the search, never steers it.
        node_budget: nodes after which to give up (0: no limit); repeatable, unlike a timeout.
        seed: of the random tie-breaks after the first restarts.
        greedy: try plans without search first.
        backjumping: on a dead end undo the decision to blame, not merely the last one.
        failed_states: remember states that failed and never explore them twice.
        subset_bound: buffers that rest above an offset must fit between it and the capacity.
        conflict_weights: buffers that cause dead ends are tried earlier.
        restarts: begin anew with another order after a growing number of nodes.
        restart_base: nodes of the shortest attempt.
        order: static order of the buffers (-1: the portfolio).
        noise: temperature at which later attempts draw from the model's choices.
        learned_order: a compiled-in model says which buffer to try first.
        learned_backtracking: a second model says when to undo more than a conflict demands.
        give_up: log-odds above which it holds that nothing comes of a decision.
        time_sweep: searches take turns with a beam search along time, which says what takes the
            place of what and leaves the order of buffers open; needs restarts.
        probe: weight of the static order against the waste that a choice causes (0: the order
            alone).
    """

    timeout: float = 60.0
    node_budget: int = 0
    seed: int = 0
    greedy: bool = True
    backjumping: bool = True
    failed_states: bool = True
    subset_bound: bool = True
    conflict_weights: bool = True
    restarts: bool = True
    restart_base: int = 500
    order: int = -1
    noise: float = 0.5
    probe: float = 3.0
    learned_order: bool = True
    learned_backtracking: bool = False
    give_up: float = 2.5
    time_sweep: bool = True


def solve(
    problem: Problem, params: SolverParams | None = None, stop: _core.StopFlag | None = None
) -> Solution:
    """Finds an offset for every buffer under the banks' capacities, or proves there is none.

    Args:
        problem: what to fit; the preferred bank needs a capacity.
        params: the switches; None: the defaults.
        stop: ends the search early from another thread.

    Raises:
        TelamallocError: the problem has no capacity.
    """
    if problem.capacity is None:
        raise TelamallocError(
            "the problem has no capacity", "give one, or ask for the least peak: minimize(problem)"
        )
    return _run(problem, params, stop, minimize=False)


def minimize(
    problem: Problem, params: SolverParams | None = None, stop: _core.StopFlag | None = None
) -> Solution:
    """Finds the plan with the lowest peak that the budget allows.

    The solution's `lower_bound` says how good it is; `optimal` when the two meet. A capacity,
    where the problem has one, is kept.
    """
    return _run(problem, params, stop, minimize=True)


def _run(
    problem: Problem, params: SolverParams | None, stop: _core.StopFlag | None, minimize: bool
) -> Solution:
    switches, flag = params or SolverParams(), stop or StopFlag()
    pairs = aliases.pairs_at_once(problem)
    if not pairs:
        return run_core(problem, switches, flag, minimize)
    if minimize:
        return _minimize_aliased(problem, pairs, switches, flag)
    return _solve_aliased(problem, pairs, switches, flag)


def _solve_aliased(
    problem: Problem, pairs: list[aliases.Pair], params: SolverParams, stop: _core.StopFlag
) -> Solution:
    """Lets fewer and fewer pairs share until there is a plan; a proof needs all subsets."""
    bound = aliases.lower_bound(problem)
    status = Status.INFEASIBLE if len(pairs) <= aliases.EXACT_PAIRS else Status.BUDGET
    for shared in aliases.subsets(pairs):
        found = _run_merged(problem, shared, params, stop, minimize=False)
        if found is None:
            continue
        if found.status in (Status.SOLVED, Status.INTERRUPTED):
            return replace(found, lower_bound=bound)
        if found.status is Status.BUDGET:
            status = Status.BUDGET
    nowhere = np.full(len(problem), -1, dtype=np.int64)
    return Solution.of(problem, status, nowhere, lower_bound=bound)


def _minimize_aliased(
    problem: Problem, pairs: list[aliases.Pair], params: SolverParams, stop: _core.StopFlag
) -> Solution:
    bound = aliases.lower_bound(problem)
    tries = [_run_merged(problem, pairs, params, stop, minimize=True)]
    if tries[0] is None or tries[0].status is not Status.SOLVED or tries[0].peak > bound:
        tries.append(_run_merged(problem, (), params, stop, minimize=True))
    found = [t for t in tries if t is not None]
    solved = [t for t in found if t.status is Status.SOLVED]
    best = min(solved, key=lambda t: t.peak) if solved else found[-1]
    return replace(best, lower_bound=bound)


def _run_merged(
    problem: Problem,
    shared: Sequence[aliases.Pair],
    params: SolverParams,
    stop: _core.StopFlag,
    minimize: bool,
) -> Solution | None:
    """Solves with these pairs at one offset each; None: they cannot share."""
    skip = minimize or len(shared) > aliases.EXACT_PAIRS
    made = aliases.merge(problem, shared, skip)
    if made is None:
        return None
    merged, new_row = made
    found = run_core(merged, params, stop, minimize)
    return Solution.of(problem, found.status, found.offsets[new_row], stats=found.stats)


def run_core(
    problem: Problem,
    params: SolverParams,
    stop: _core.StopFlag,
    minimize: bool = False,
    model: _core.Model | None = None,
) -> Solution:
    """One call of the core, aliases not looked at; `model` instead of the one compiled in."""
    core = core_params(params)
    if model is not None:
        core.use_order_model(model)
    outcome, offsets, bound, seconds, *counts = _core.run(
        minimize, *core_columns(problem), core, stop
    )
    found: Ints = offsets if len(offsets) else np.full(len(problem), -1, dtype=np.int64)
    answer = Solution.of(
        problem, _STATUS[outcome], found, lower_bound=bound, stats=Stats(seconds, *counts)
    )
    return _place_idle(problem, answer)


def _place_idle(problem: Problem, answer: Solution) -> Solution:
    """Places the buffers that need nothing at any time, of which the core does not know."""
    if not len(problem.gaps) or answer.status is not Status.SOLVED:
        return answer
    idle = np.setdiff1d(np.arange(len(problem)), _pieces(problem)[3])
    if not len(idle):
        return answer
    lowest = -(-problem.region_lower // problem.alignment) * problem.alignment
    lowest = np.where(problem.offset != NO_OFFSET, problem.offset, lowest)[idle]
    ends = lowest + problem.size[idle]
    top = LIMIT if problem.capacity is None else problem.capacity
    if (ends > np.minimum(problem.region_upper[idle], top)).any():
        nowhere = np.full(len(problem), -1, dtype=np.int64)
        return Solution.of(problem, Status.INFEASIBLE, nowhere, stats=answer.stats)
    offsets = answer.offsets.copy()
    offsets[idle] = lowest
    bound = max(answer.lower_bound, int(ends.max()))
    return Solution.of(problem, answer.status, offsets, lower_bound=bound, stats=answer.stats)


def _pieces(p: Problem) -> tuple[Ints, Ints, Ints, Ints]:
    """Where buffers need how much: (lower, upper, height, buffer), cut at the gaps."""
    rows = np.arange(len(p))
    if not len(p.gaps):
        return p.lower, p.upper, p.size, rows
    gaps = p.gaps[np.lexsort((p.gaps[:, 1], p.gaps[:, 0]))]
    owner = gaps[:, 0]
    # Before each gap lies a full piece, from the gap before it or the start of the lifetime.
    follows = np.concatenate([[False], owner[1:] == owner[:-1]])
    before = np.where(follows, np.concatenate([[0], gaps[:-1, 2]]), p.lower[owner])
    last = np.concatenate([owner[1:] != owner[:-1], [True]])
    whole = np.setdiff1d(rows, owner)
    parts = (
        (p.lower[whole], p.upper[whole], p.size[whole], whole),
        (before, gaps[:, 1], p.size[owner], owner),
        (gaps[:, 1], gaps[:, 2], gaps[:, 3], owner),
        (gaps[last, 2], p.upper[owner[last]], p.size[owner[last]], owner[last]),
    )
    lower, upper, height, buffer = (np.concatenate(column) for column in zip(*parts, strict=True))
    used = (lower < upper) & (height > 0)
    return lower[used], upper[used], height[used], buffer[used]


def core_columns(problem: Problem) -> _core.Columns:
    """The preferred bank's problem in the order of the core's arguments."""
    fixed = problem.offset != NO_OFFSET
    release = np.where(fixed, problem.offset, problem.region_lower)
    deadline = np.where(fixed, problem.offset + problem.size, problem.region_upper)
    capacity = 2**62 if problem.capacity is None else problem.capacity
    pieces = _pieces(problem)
    return (problem.size, problem.alignment, release, deadline, *pieces, capacity)


def core_params(params: SolverParams) -> Any:
    """The switches as the core's own object."""
    core = _core.Params()
    for switch in fields(params):
        setattr(core, switch.name, getattr(params, switch.name))
    return core
