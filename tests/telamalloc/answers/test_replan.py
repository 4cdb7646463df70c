"""Re-planning: few buffers move, and never more than allowed."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telamalloc.answers.replan import replan
from telamalloc.answers.whatif import with_buffer
from telamalloc.engine import Effort, Engine
from telamalloc.formats.load import read_problem
from telamalloc.problem import NO_OFFSET, Buffer, Problem
from telamalloc.solution import Status
from telamalloc.solver import SolverParams, solve
from telamalloc.validate import validate
from tests.telamalloc.answers.test_whatif import extras
from tests.telamalloc.support.small import feasible, small_problem

SHARED = Path(__file__).parents[4] / "shared" / "data" / "static_allocation"
EFFORT = Effort(params=SolverParams(timeout=10))


def _fewest_moves(problem: Problem, old: dict[str, int]) -> int | None:
    """By trying every set of buffers that stay, the largest first."""
    known = [row for row in range(len(problem)) if problem.id(row) in old]
    for moves in range(len(known) + 1):
        for moved in combinations(known, moves):
            buffers = list(problem.buffers)
            for row in set(known) - set(moved):
                b = buffers[row]
                buffers[row] = Buffer(b.id, b.lower, b.upper, b.size, offset=old[b.id])
            if feasible(Problem.from_buffers(buffers, problem.capacity)):
                return moves
    return None


@settings(max_examples=50, deadline=None)
@given(small_problem(rich=False), extras(), st.integers(0, 3))
def test_as_few_as_by_trying_everything(problem: Problem, extra: Buffer, limit: int) -> None:
    plan = solve(problem)
    if plan.status is not Status.SOLVED:
        return
    old = {problem.id(row): int(offset) for row, offset in enumerate(plan.offsets)}
    changed = with_buffer(problem, extra)
    fewest = _fewest_moves(changed, old)
    answer = replan(changed, old, limit, EFFORT)
    if fewest is None or fewest > limit:
        assert answer.solution.status is Status.INFEASIBLE
        return
    assert answer.solution.status is Status.SOLVED
    assert not validate(changed, answer.solution)
    assert answer.fewest
    assert len(answer.moved) == fewest
    moved = [row for row in range(len(problem))
             if answer.solution.offsets[row] != plan.offsets[row]]  # fmt: skip
    assert answer.moved.tolist() == moved


@pytest.mark.parametrize("kind", [Engine.AUTO, Engine.CORE])
def test_a_published_instance_with_changes(kind: Engine) -> None:
    path = SHARED / "challenging" / "A.1048576.csv"
    if not path.exists():
        pytest.skip("the published instances are not here")
    problem = read_problem(path)
    plan = solve(problem)
    assert plan.status is Status.SOLVED
    old = {problem.id(row): int(offset) for row, offset in enumerate(plan.offsets)}
    # Another lifetime for one, a smaller size for another, one gone, one new; more memory.
    buffers = [b for b in problem.buffers if b.id != problem.id(7)]
    buffers[3] = Buffer(buffers[3].id, buffers[3].lower, buffers[3].upper + 1, buffers[3].size)
    buffers[9] = Buffer(buffers[9].id, buffers[9].lower, buffers[9].upper, 1024)
    buffers.append(Buffer("new", 10, 14, 4096))
    changed = Problem.from_buffers(buffers, 1_200_000)
    answer = replan(changed, old, 20, Effort(kind, SolverParams(timeout=20)))
    assert answer.solution.status is Status.SOLVED
    assert not validate(changed, answer.solution)
    assert len(answer.moved) <= 20


def test_what_can_no_longer_stay_moves() -> None:
    problem = Problem.from_buffers(
        [Buffer("aligned", 0, 2, 4, alignment=8), Buffer("high", 0, 2, 4),
         Buffer("held", 4, 5, 4, offset=2), Buffer("fine", 0, 2, 4)],
        capacity=24,
    )  # fmt: skip
    answer = replan(problem, {"aligned": 4, "high": 100, "held": 0, "fine": 12, "gone": 0})
    assert answer.solution.status is Status.SOLVED
    assert answer.solution.offsets[3] == 12
    assert not validate(problem, answer.solution)


def test_nothing_changed_nothing_moves() -> None:
    problem = Problem.from_buffers([Buffer("a", 0, 2, 4), Buffer("b", 1, 3, 4)], capacity=100)
    answer = replan(problem, {"a": 50, "b": 90})
    assert answer.solution.offsets.tolist() == [50, 90]
    assert answer.fewest
    assert not len(answer.moved)
    assert (problem.offset == NO_OFFSET).all()
    np.testing.assert_array_equal(answer.moved, [])
