"""Engines and banks: the same question, answered right by each."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from telamalloc import engine
from telamalloc.banks import spill_cost
from telamalloc.contention import contention, peak_contention
from telamalloc.engine import Effort, Engine
from telamalloc.errors import TelamallocError
from telamalloc.formats.load import read_problem
from telamalloc.problem import Bank, Buffer, Gap, Problem
from telamalloc.solution import Status
from telamalloc.solver import SolverParams
from telamalloc.validate import validate
from tests.telamalloc.support.small import feasible, least_spill, small_problem

SHARED = Path(__file__).parents[3] / "shared" / "data" / "static_allocation"
SHORT = SolverParams(timeout=10)


@settings(max_examples=150, deadline=None)
@given(small_problem())
def test_auto_is_right_on_everything_small(problem: Problem) -> None:
    solution = engine.solve(problem, Effort(params=SHORT))
    if feasible(problem):
        assert solution.status is Status.SOLVED
        assert not validate(problem, solution)
    else:
        assert solution.status is Status.INFEASIBLE


@settings(max_examples=50, deadline=None)
@given(small_problem())
def test_auto_minimizes_as_cpsat_does(problem: Problem) -> None:
    free = problem.with_capacity(None)
    auto = engine.minimize(free, Effort(params=SolverParams(timeout=3)))
    cpsat = engine.minimize(free, Effort(Engine.CPSAT, SHORT))
    assert auto.status is cpsat.status
    assert auto.peak == cpsat.peak
    if auto.status is Status.SOLVED:
        assert auto.optimal
        assert not validate(free, auto)


@settings(max_examples=40, deadline=None)
@given(small_problem(rich=False, banks=True))
def test_several_banks(problem: Problem) -> None:
    least = least_spill(problem)
    auto = engine.solve(problem, Effort(params=SHORT))
    core = engine.solve(problem, Effort(Engine.CORE, SHORT))
    if least is None:
        assert auto.status is Status.INFEASIBLE
        assert core.status is not Status.SOLVED
        return
    assert spill_cost(problem, auto) == pytest.approx(least)
    assert not validate(problem, auto)
    if core.status is Status.SOLVED:  # a greedy choice of banks may miss the only one
        assert spill_cost(problem, core) >= least
        assert not validate(problem, core)


@pytest.mark.parametrize("kind", list(Engine))
def test_spilling_a_published_instance(kind: Engine) -> None:
    path = SHARED / "challenging" / "A.1048576.csv"
    if not path.exists():
        pytest.skip("the published instances are not here")
    problem = replace(read_problem(path), banks=(Bank("sram", 900_000), Bank("dram", None, 1.0)))
    solution = engine.solve(problem, Effort(kind, SolverParams(timeout=6)))
    assert solution.status is Status.SOLVED
    assert not validate(problem, solution)
    spilled = int(problem.size[solution.banks == 1].sum())
    assert spill_cost(problem, solution) == spilled
    # At the busiest moment so many bytes have to go.
    assert spilled >= peak_contention(problem) - 900_000
    if kind is not Engine.CPSAT:
        assert spilled < 0.1 * int(problem.size.sum())


def test_minimize_with_banks_keeps_the_assignment_cheap() -> None:
    problem = Problem.from_buffers(
        [Buffer("a", 0, 2, 6), Buffer("b", 1, 3, 6), Buffer("c", 2, 4, 2)],
        banks=[Bank("x", 8), Bank("y", None, 1.0)],
    )
    solution = engine.minimize(problem, Effort(params=SHORT))
    assert spill_cost(problem, solution) == 6
    assert not validate(problem, solution)
    unlimited = replace(problem, banks=(Bank("x", None), Bank("y", None, 1.0)))
    assert engine.minimize(unlimited, Effort(params=SHORT)).peaks == (12, 0)


def test_an_engine_that_is_told_to_stop_does() -> None:
    effort = Effort(params=SHORT)
    effort.stop.set()
    random = np.random.default_rng(3)
    lower = random.integers(0, 200, 300)
    problem = Problem.from_arrays(
        lower, lower + random.integers(1, 60, 300), random.integers(1, 10**6, 300), 5_000_000
    )
    assert engine.solve(problem, effort).status in (Status.INTERRUPTED, Status.INFEASIBLE)


def test_solve_needs_a_capacity() -> None:
    with pytest.raises(TelamallocError, match="no capacity"):
        engine.solve(Problem.from_buffers([Buffer("a", 0, 1, 1)]))


def test_contention_counts_gaps() -> None:
    problem = Problem.from_buffers(
        [Buffer("a", 0, 10, 8, gaps=(Gap(2, 4), Gap(6, 8, 3))), Buffer("b", 2, 7, 5)]
    )
    times, needed = contention(problem)
    steps = dict(zip(times.tolist(), needed.tolist(), strict=True))
    assert steps == {0: 8, 2: 5, 4: 13, 6: 8, 7: 3, 8: 8, 10: 0}
    assert peak_contention(problem) == 13


@settings(max_examples=100, deadline=None)
@given(small_problem())
def test_contention_is_what_each_step_needs(problem: Problem) -> None:
    times, needed = contention(problem)
    for step in range(int(problem.upper.max(initial=0))):
        live = sum(
            next((g.size for g in b.gaps if g.lower <= step < g.upper), b.size)
            for b in problem.buffers
            if b.lower <= step < b.upper
        )
        at = int(np.searchsorted(times, step, side="right")) - 1
        assert live == (needed[at] if at >= 0 else 0)
