"""Which engine answers: the C++ core, CP-SAT, or the core first and CP-SAT where it gives up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING

from telamalloc import solver
from telamalloc.contention import peak_contention
from telamalloc.deadline import Deadline
from telamalloc.problem import Problem
from telamalloc.solution import Solution, Status
from telamalloc.solver import SolverParams, StopFlag

if TYPE_CHECKING:
    from telamalloc.cpsat import CpSatParams

# What the core gets of the time where CP-SAT is there to take over. CP-SAT closes the gap between
# peak and bound of small problems that the core leaves open.
_CORE_SHARE = 0.5
_CORE_SHARE_OF_SMALL = 0.1
_SMALL = 200  # buffers


class Engine(StrEnum):
    """What answers."""

    AUTO = "auto"  # the core; CP-SAT, with the time that is left, where the core gives up
    CORE = "core"  # the C++ core alone
    CPSAT = "cpsat"  # CP-SAT alone


@dataclass(frozen=True)
class Effort:
    """How an answer is looked for.

    Attributes:
        engine: what answers.
        params: the core's switches; `timeout` is for all engines together.
        stop: ends a search early from another thread or a signal handler.
    """

    engine: Engine = Engine.AUTO
    params: SolverParams = field(default_factory=SolverParams)
    stop: StopFlag = field(default_factory=StopFlag)

    def deadline(self) -> Deadline:
        """The deadline of an answer that begins now."""
        return Deadline.after(self.params.timeout)

    def until(self, deadline: Deadline, share: float = 1.0) -> Effort:
        """The same effort with a share of the time that is left."""
        return replace(self, params=deadline.within(self.params, share))


def solve(problem: Problem, effort: Effort | None = None) -> Solution:
    """Finds an offset for every buffer under the banks' capacities, or proves there is none.

    Raises:
        TelamallocError: the preferred bank has no capacity, or the engine is missing.
    """
    from telamalloc import cpsat

    effort = effort or Effort()
    if len(problem.banks) > 1:
        from telamalloc import banks

        return banks.solve(problem, effort)
    if effort.engine is Engine.CPSAT:
        return cpsat.solve(problem, cpsat_params(effort), effort.stop)
    deadline = effort.deadline()
    first = solver.solve(problem, _core_params(effort, _CORE_SHARE), effort.stop)
    if first.status is not Status.BUDGET or not _may_hand_over(effort):
        return first
    return cpsat.solve(problem, cpsat_params(effort.until(deadline)), effort.stop)


def minimize(problem: Problem, effort: Effort | None = None) -> Solution:
    """Finds the lowest peak that the time allows; the solution's `optimal` says if it is proved.

    With several banks, spilling costs as little as can be found, and the peak of each bank is
    minimized for the buffers that are in it.

    Raises:
        TelamallocError: the engine is missing.
    """
    from telamalloc import cpsat

    effort = effort or Effort()
    if len(problem.banks) > 1:
        from telamalloc import banks

        return banks.minimize(problem, effort)
    if effort.engine is Engine.CPSAT:
        return cpsat.minimize(problem, cpsat_params(effort), effort.stop)
    deadline = effort.deadline()
    share = _CORE_SHARE_OF_SMALL if len(problem) <= _SMALL else _CORE_SHARE
    first = solver.minimize(problem, _core_params(effort, share), effort.stop)
    final = first.optimal or first.status in (Status.INFEASIBLE, Status.INTERRUPTED)
    if final or not _may_hand_over(effort):
        return first
    start = first.offsets if first.status is Status.SOLVED else None
    rest = cpsat_params(effort.until(deadline))
    return _better(first, cpsat.minimize(problem, rest, effort.stop, start, first.lower_bound))


def lower_bound(problem: Problem) -> int:
    """Bytes that any plan needs, by counting alone; 0 where counting proves nothing."""
    if len(problem.aliases) or len(problem.banks) > 1:
        return 0
    return peak_contention(problem)


def cpsat_is_installed() -> bool:
    """Whether OR-Tools is there (looked up, not loaded)."""
    return find_spec("ortools") is not None


def _may_hand_over(effort: Effort) -> bool:
    return effort.engine is Engine.AUTO and not effort.stop.is_set() and cpsat_is_installed()


def _core_params(effort: Effort, share: float) -> SolverParams:
    share = share if _may_hand_over(effort) else 1.0
    return replace(effort.params, timeout=effort.params.timeout * share)


def cpsat_params(effort: Effort) -> CpSatParams:
    """CP-SAT's switches for an effort."""
    from telamalloc.cpsat import CpSatParams

    return CpSatParams(timeout=effort.params.timeout, seed=effort.params.seed % 2**31)


def _better(first: Solution, second: Solution) -> Solution:
    """The lower of two plans, with the higher of the two bounds."""
    bound = max(first.lower_bound, second.lower_bound)
    placed = [s for s in (first, second) if s.status is Status.SOLVED]
    if not placed:
        return replace(second, lower_bound=bound)
    return replace(min(placed, key=lambda solution: solution.peak), lower_bound=bound)
