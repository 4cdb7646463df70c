"""Who takes part: the solver in several configurations, and other people's solvers."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec

from telamalloc import solver
from telamalloc.problem import Problem
from telamalloc.solution import Solution, Status
from telamalloc.solver import SolverParams
from telamalloc.validate import validate


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one solver did on one instance.

    Attributes:
        status: SOLVED only if the validator accepts the plan.
        wall: seconds on the clock.
        cpu: processor seconds of this process, all threads.
        nodes: of the search, where the solver counts them.
    """

    status: Status
    wall: float
    cpu: float
    nodes: int = 0


@dataclass(frozen=True)
class Peer:
    """A solver: (problem with a capacity, seconds) -> plan or verdict."""

    name: str
    run: Callable[[Problem, float], Solution | Status]

    def measure(self, problem: Problem, seconds: float) -> Outcome:
        """Runs it once and checks what it says."""
        wall, cpu = time.perf_counter(), time.process_time()
        answer = self.run(problem, seconds)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if isinstance(answer, Status):
            return Outcome(answer, wall, cpu)
        status = answer.status
        if status is Status.SOLVED and validate(problem, answer, limit=1):
            raise AssertionError(f"{self.name} returned a wrong plan")
        return Outcome(status, wall, cpu, answer.stats.nodes)


DEFAULT = SolverParams()
NO_LEARNING = replace(DEFAULT, learned_order=False, learned_backtracking=False)
# MiniMalloc's rules on our data structures: three static orders, floors, and nothing learned.
PLAIN = replace(
    NO_LEARNING,
    backjumping=False,
    failed_states=False,
    conflict_weights=False,
    subset_bound=False,
    probe=0.0,
    time_sweep=False,
)

LEARNING = {
    "no learning": NO_LEARNING,
    "learned order": replace(DEFAULT, learned_backtracking=False),
    "learned order and backtracking": replace(DEFAULT, learned_backtracking=True),
}
SWITCHED_OFF = {
    "without backjumping": replace(DEFAULT, backjumping=False),
    "without failed states": replace(DEFAULT, failed_states=False),
    "without the subset bound": replace(DEFAULT, subset_bound=False),
    "without conflict weights": replace(DEFAULT, conflict_weights=False),
    "without probing": replace(DEFAULT, probe=0.0),
    "without the sweep along time": replace(DEFAULT, time_sweep=False),
    "without restarts": replace(DEFAULT, restarts=False),
    "plain search": PLAIN,
}


def core(name: str, params: SolverParams) -> Peer:
    """The core with these switches."""

    def run(problem: Problem, seconds: float) -> Solution:
        return solver.solve(problem, replace(params, timeout=seconds))

    return Peer(name, run)


def others() -> list[Peer]:
    """The peers that are installed: guided CP-SAT (OR-Tools) and PyPI's omnimalloc."""
    found = []
    if find_spec("ortools"):
        found.append(Peer("CP-SAT, guided", _cpsat))
    if find_spec("omnimalloc"):
        found.append(Peer("omnimalloc", _omnimalloc))
    return found


def _cpsat(problem: Problem, seconds: float) -> Solution:
    from telamalloc import cpsat

    return cpsat.solve(problem, cpsat.CpSatParams(timeout=seconds, workers=1, guided=True))


def _omnimalloc(problem: Problem, seconds: float) -> Status:
    """Its branch and bound as its users call it; it minimizes, so the capacity is the test."""
    om = importlib.import_module("omnimalloc")
    module = importlib.import_module("omnimalloc.allocators.supermalloc")
    columns = zip(
        problem.lower.tolist(), problem.upper.tolist(), problem.size.tolist(), strict=True
    )
    items = tuple(
        om.Allocation(id=i, start=lower, end=upper, size=size)
        for i, (lower, upper, size) in enumerate(columns)
    )
    allocator = module.SupermallocAllocator(timeout=seconds, num_threads=6)
    pool = om.allocate(om.Pool(id="pool", allocations=items), allocator=allocator)
    assert problem.capacity is not None
    return Status.SOLVED if pool.size <= problem.capacity else Status.BUDGET
