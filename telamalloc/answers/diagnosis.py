"""What to say when the buffers do not fit: how much memory would do, and who is to blame."""

from __future__ import annotations

from dataclasses import dataclass

from telamalloc import engine
from telamalloc.answers.conflict import Conflict, find_conflict
from telamalloc.engine import Effort
from telamalloc.problem import Problem
from telamalloc.solution import Solution, Status


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Why a problem does not fit into its capacity.

    Attributes:
        capacity: bytes that there are.
        lower_bound: bytes that any plan needs, proved.
        best: the plan of the smallest capacity found; None if there is none.
        conflict: buffers that do not fit together; None if that is not proved.
    """

    capacity: int
    lower_bound: int
    best: Solution | None
    conflict: Conflict | None


def diagnose(problem: Problem, effort: Effort | None = None) -> Diagnosis:
    """Finds out how much memory the buffers need and which of them do not fit together.

    Args:
        problem: one bank with a capacity.
        effort: how to look; its timeout is for everything together.
    """
    assert problem.capacity is not None
    effort = effort or Effort()
    deadline = effort.deadline()
    conflict = find_conflict(problem, effort.until(deadline, 0.5))
    free = engine.minimize(problem.with_capacity(None), effort.until(deadline))
    bound = max(free.lower_bound, problem.capacity + 1 if conflict else 0)
    return Diagnosis(
        problem.capacity, bound, free if free.status is Status.SOLVED else None, conflict
    )
