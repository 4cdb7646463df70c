"""One more buffer: the answers agree with trying everything."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telamalloc.answers.whatif import largest_undisturbed, what_if, with_buffer
from telamalloc.engine import Effort
from telamalloc.errors import ProblemError
from telamalloc.problem import Buffer, Problem
from telamalloc.solution import Solution, Status
from telamalloc.solver import SolverParams, solve
from telamalloc.validate import validate
from tests.telamalloc.support.small import feasible, small_problem

EFFORT = Effort(params=SolverParams(timeout=10))


@st.composite
def extras(draw: st.DrawFn) -> Buffer:
    lower = draw(st.integers(0, 6))
    return Buffer("extra", lower, lower + draw(st.integers(1, 4)), draw(st.integers(1, 8)))


@settings(max_examples=100, deadline=None)
@given(small_problem(rich=False), extras())
def test_as_by_trying_everything(problem: Problem, extra: Buffer) -> None:
    plan = solve(problem)
    if plan.status is not Status.SOLVED:
        return
    answer = what_if(problem, plan, extra, EFFORT)
    assert answer.proved
    assert (answer.replanned is not None) == feasible(with_buffer(problem, extra))
    room = largest_undisturbed(problem, plan, extra.lower, extra.upper)
    assert (answer.undisturbed is not None) == (extra.size <= room)
    if answer.undisturbed is not None:
        np.testing.assert_array_equal(answer.undisturbed.offsets[:-1], plan.offsets)
        assert not validate(answer.problem, answer.undisturbed)
    if answer.replanned is not None:
        assert not validate(answer.problem, answer.replanned)
    else:
        assert answer.peak is not None
        assert problem.capacity is not None
        assert answer.peak > problem.capacity
        assert feasible(answer.problem.with_capacity(answer.peak))


def test_room_without_a_capacity_is_below_the_peak() -> None:
    problem = Problem.from_buffers([Buffer("a", 0, 4, 10), Buffer("b", 0, 2, 6)])
    plan = Solution.of(problem, Status.SOLVED, np.array([0, 10]))
    assert largest_undisturbed(problem, plan, 2, 4) == 6
    assert largest_undisturbed(problem, plan, 1, 4) == 0
    assert largest_undisturbed(problem, plan, 4, 5) == 16


def test_a_taken_id() -> None:
    problem = Problem.from_buffers([Buffer("a", 0, 4, 10)], capacity=20)
    with pytest.raises(ProblemError, match="twice"):
        what_if(problem, solve(problem), Buffer("a", 0, 1, 1), EFFORT)
