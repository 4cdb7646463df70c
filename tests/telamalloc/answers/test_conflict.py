"""Why it does not fit: few buffers, none too many, and a capacity that would do."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from telamalloc import engine
from telamalloc.answers.conflict import find_conflict
from telamalloc.answers.diagnosis import diagnose
from telamalloc.contention import peak_contention
from telamalloc.engine import Effort
from telamalloc.formats.load import read_problem
from telamalloc.problem import Buffer, Problem
from telamalloc.solution import Status
from telamalloc.solver import SolverParams
from telamalloc.validate import validate
from tests.telamalloc.support.small import feasible, small_problem

SHARED = Path(__file__).parents[4] / "shared" / "data" / "static_allocation"
EFFORT = Effort(params=SolverParams(timeout=20))


@settings(max_examples=100, deadline=None)
@given(small_problem(rich=False))
def test_a_conflict_is_irreducible(problem: Problem) -> None:
    conflict = find_conflict(problem, EFFORT)
    if feasible(problem):
        assert conflict is None
        return
    assert conflict is not None
    assert conflict.irreducible
    assert not feasible(problem.subset(conflict.rows))
    for row in conflict.rows:
        assert feasible(problem.subset(conflict.rows[conflict.rows != row]))


@settings(max_examples=60, deadline=None)
@given(small_problem())
def test_with_every_feature(problem: Problem) -> None:
    conflict = find_conflict(problem, EFFORT)
    assert (conflict is None) == feasible(problem)
    if conflict is not None:
        assert not feasible(problem.subset(conflict.rows))


def test_a_conflict_that_counting_does_not_see() -> None:
    """12 bytes are never live at once, yet aligned to 4 the three do not fit into 10."""
    blame = [Buffer(name, i, i + 4, 3, alignment=4) for i, name in enumerate("abc")]
    crowd = [Buffer(f"far{i}", 100 + i, 103 + i, 1) for i in range(60)]
    problem = Problem.from_buffers([*crowd[:30], *blame, *crowd[30:]], capacity=10)
    assert peak_contention(problem) == 9
    conflict = find_conflict(problem, EFFORT)
    assert conflict is not None
    assert conflict.irreducible
    assert [problem.id(row) for row in conflict.rows] == ["a", "b", "c"]


def test_a_fixed_offset_is_to_blame() -> None:
    """5 of 6 bytes are live at most, but the fixed buffer leaves 2 on either side."""
    problem = Problem.from_buffers(
        [Buffer("fixed", 0, 4, 2, offset=2), Buffer("late", 5, 6, 6), Buffer("b", 1, 2, 3)], 6
    )
    conflict = find_conflict(problem, EFFORT)
    assert conflict is not None
    assert [problem.id(row) for row in conflict.rows] == ["fixed", "b"]


def test_diagnosis_of_a_published_instance() -> None:
    path = SHARED / "challenging" / "J.1048576.csv"
    if not path.exists():
        pytest.skip("the published instances are not here")
    problem = read_problem(path, 900_000)
    diagnosis = diagnose(problem, Effort(params=SolverParams(timeout=6)))
    assert diagnosis.lower_bound >= peak_contention(problem) > 900_000
    assert diagnosis.best is not None
    assert diagnosis.best.peak < 1_200_000
    assert not validate(problem.with_capacity(diagnosis.best.peak), diagnosis.best)
    assert diagnosis.conflict is not None
    assert int(problem.size[diagnosis.conflict.rows].sum()) > 900_000
    together = problem.subset(diagnosis.conflict.rows)
    assert int(together.lower.max()) < int(together.upper.min())


def test_no_time_no_claim() -> None:
    problem = Problem.from_arrays(np.zeros(50, int), np.full(50, 2), np.arange(1, 51), 100)
    stopped = Effort(params=SolverParams(timeout=20))
    stopped.stop.set()
    assert find_conflict(problem, stopped) is None
    assert engine.solve(problem, EFFORT).status is Status.INFEASIBLE
