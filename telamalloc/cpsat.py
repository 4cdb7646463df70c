"""CP-SAT (OR-Tools) as the second engine: proofs of infeasibility, optimal peaks, a baseline.

The guided search decides one offset after the other: the buffer that can lie lowest first, at
its lowest value, longer and larger buffers first among equals; propagation does the rest.
Needs the extra: pip install 'mlgo-suite[solver]'.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from telamalloc.errors import TelamallocError
from telamalloc.problem import NO_OFFSET, Ints, Problem
from telamalloc.solution import Solution, Stats, Status

if TYPE_CHECKING:
    from telamalloc.cpsat_model import Encoding


class Stop(Protocol):
    """What can end a search early: telamalloc's StopFlag, or a threading.Event."""

    def is_set(self) -> bool:
        """Whether to stop."""


@dataclass(frozen=True)
class CpSatParams:
    """How CP-SAT searches.

    Attributes:
        timeout: seconds of wall time after which to give up; 0: never.
        workers: threads.
        guided: give CP-SAT the guided search; off: its own alone.
        linear_relaxation: 0 to 2, how much of the problem goes into the LP. Slower than it
            is useful here.
        seed: of CP-SAT's random decisions.
    """

    timeout: float = 60.0
    workers: int = 1
    guided: bool = True
    linear_relaxation: int = 0
    seed: int = 0


def solve(
    problem: Problem, params: CpSatParams | None = None, stop: Stop | None = None
) -> Solution:
    """Finds an offset for every buffer under the banks' capacities, or proves there is none.

    Raises:
        TelamallocError: the problem has no capacity, or OR-Tools is missing.
    """
    if problem.capacity is None:
        raise TelamallocError(
            "the problem has no capacity", "give one, or ask for the least peak: minimize(problem)"
        )
    encoding = _encode(problem)
    return _search(encoding, params or CpSatParams(), stop)


def minimize(
    problem: Problem,
    params: CpSatParams | None = None,
    stop: Stop | None = None,
    start: Ints | None = None,
    lower_bound: int = 0,
) -> Solution:
    """Finds the lowest peak of the preferred bank.

    Args:
        problem: what to fit; a capacity, if it has one, is kept.
        params: how to search.
        stop: ends the search early from another thread.
        start: (n,) a plan to improve on.
        lower_bound: bytes; a peak below is known to be impossible.

    Raises:
        TelamallocError: OR-Tools is missing.
    """
    encoding = _encode(problem)
    peak = encoding.peak(lower_bound)
    encoding.model.minimize(peak)
    if start is not None:
        encoding.hint(start)
    return _search(encoding, params or CpSatParams(), stop, lower_bound)


def spill(
    problem: Problem,
    params: CpSatParams | None = None,
    stop: Stop | None = None,
    start: Solution | None = None,
) -> Solution:
    """Finds the plan of several banks whose spilled bytes cost the least.

    The cost is each buffer's size times its bank's `spill_cost`.

    Args:
        problem: what to fit.
        params: how to search.
        stop: ends the search early from another thread.
        start: a plan to improve on.

    Raises:
        TelamallocError: OR-Tools is missing.
    """
    encoding = _encode(problem)
    costs = [
        bank.spill_cost * int(problem.size[row]) * encoding.places[row][number]
        for row in range(len(problem))
        for number, bank in enumerate(problem.banks)
        if number in encoding.places[row] and bank.spill_cost
    ]
    if costs:
        encoding.model.minimize(sum(costs))
    if start is not None and start.status is Status.SOLVED:
        encoding.hint(start.offsets, start.banks)
    answer = _search(encoding, params or CpSatParams(), stop)
    return replace(answer, lower_bound=0)  # what it bounds is the cost


def keep(
    problem: Problem,
    old_offsets: Ints,
    max_moves: int,
    params: CpSatParams | None = None,
    stop: Stop | None = None,
    start: Solution | None = None,
) -> tuple[Solution, bool]:
    """Finds the plan that keeps the most of the given offsets.

    Args:
        problem: what to fit, one bank.
        old_offsets: (n,) bytes, NO_OFFSET for a buffer that may be anywhere.
        max_moves: so many offsets may change at most.
        params: how to search.
        stop: ends the search early from another thread.
        start: a plan to improve on.

    Returns:
        The plan, and whether it is proved that none moves fewer (or that there is none).

    Raises:
        TelamallocError: OR-Tools is missing.
    """
    encoding = _encode(problem, old_offsets)
    moved = encoding.moved(old_offsets)
    if moved:
        encoding.model.add(sum(moved) <= max_moves)
        encoding.model.minimize(sum(moved))
    encoding.hint(old_offsets if start is None else start.offsets)
    answer = _search(encoding, params or CpSatParams(), stop)
    changes = (old_offsets != NO_OFFSET) & (answer.offsets != old_offsets)
    proved = answer.status is Status.INFEASIBLE or int(changes.sum()) == answer.lower_bound
    return replace(answer, lower_bound=0), proved


def _encode(problem: Problem, old_offsets: Ints | None = None) -> Encoding:
    try:
        from telamalloc.cpsat_model import Encoding
    except ImportError as error:
        if error.name is None or not error.name.startswith("ortools"):
            raise
        raise TelamallocError(
            "the engine cpsat needs OR-Tools, which is not installed",
            "pip install 'mlgo-suite[solver]', or use --engine core",
        ) from error
    return Encoding(problem, old_offsets)


def _search(
    encoding: Encoding, params: CpSatParams, stop: Stop | None, known_bound: int = 0
) -> Solution:
    from telamalloc.cpsat_model import cp_model

    if params.guided:
        encoding.guide()
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = params.workers
    solver.parameters.linearization_level = params.linear_relaxation
    solver.parameters.random_seed = params.seed
    solver.parameters.catch_sigint_signal = False
    if params.timeout:
        solver.parameters.max_time_in_seconds = params.timeout
    started = time.perf_counter()
    outcome = _interruptible(solver, encoding.model, stop)
    seconds = time.perf_counter() - started
    return _solution(encoding, solver, outcome, stop, seconds, known_bound)


def _interruptible(solver: Any, model: Any, stop: Stop | None) -> Any:
    """Solves in a thread of its own, so that this one can still hear of signals and of `stop`."""
    outcomes: list[Any] = []
    thread = threading.Thread(target=lambda: outcomes.append(solver.solve(model)), daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.02)
            if stop is not None and stop.is_set():
                solver.stop_search()
    finally:
        while thread.is_alive():
            solver.stop_search()
            thread.join(0.02)
    return outcomes[0]


def _solution(
    encoding: Encoding,
    solver: Any,
    outcome: Any,
    stop: Stop | None,
    seconds: float,
    known_bound: int,
) -> Solution:
    from telamalloc.cpsat_model import cp_model

    problem = encoding.problem
    stats = Stats(seconds, nodes=solver.num_branches, backtracks=solver.num_conflicts)
    nowhere = np.full(len(problem), -1, np.int64)
    bound = known_bound
    if encoding.model.has_objective():
        bound = max(bound, int(np.ceil(solver.best_objective_bound - 1e-6)))
    if outcome in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        offsets = encoding.bytes(solver.value(variable) for variable in encoding.offsets)
        banks = [
            next(bank for bank, here in places.items() if solver.boolean_value(here))
            for places in encoding.places
        ]
        return Solution.of(problem, Status.SOLVED, offsets, np.array(banks, np.int64), bound, stats)
    if outcome == cp_model.INFEASIBLE:
        return Solution.of(problem, Status.INFEASIBLE, nowhere, None, known_bound, stats)
    interrupted = stop is not None and stop.is_set()
    status = Status.INTERRUPTED if interrupted else Status.BUDGET
    return Solution.of(problem, status, nowhere, None, bound, stats)
