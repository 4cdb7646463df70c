"""CP-SAT: right on everything small, right on what is published, and it stops when told to."""

import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from telamalloc import cpsat
from telamalloc.cpsat import CpSatParams
from telamalloc.errors import TelamallocError
from telamalloc.formats.load import read_problem
from telamalloc.problem import NO_OFFSET, Bank, Buffer, Problem
from telamalloc.solution import Solution, Status
from telamalloc.validate import validate
from tests.telamalloc.support.small import feasible, least_spill, small_problem

pytest.importorskip("ortools", reason="needs the extra solver")

SHARED = Path(__file__).parents[3] / "shared" / "data" / "static_allocation"
_FUZZ = settings(max_examples=150, deadline=None)


@_FUZZ
@given(small_problem())
def test_feasible_or_not_as_by_trying_everything(problem: Problem) -> None:
    solution = cpsat.solve(problem)
    if feasible(problem):
        assert solution.status is Status.SOLVED
        assert not validate(problem, solution)
    else:
        assert solution.status is Status.INFEASIBLE


@_FUZZ
@given(small_problem())
def test_the_least_peak_is_the_least(problem: Problem) -> None:
    solution = cpsat.minimize(problem)
    if solution.status is Status.INFEASIBLE:
        assert not feasible(problem)
        return
    assert solution.optimal
    assert not validate(problem, solution)
    if solution.peak > 1:
        assert not feasible(problem.with_capacity(solution.peak - 1))


@settings(max_examples=40, deadline=None)
@given(small_problem(rich=False, banks=True))
def test_spilling_costs_the_least(problem: Problem) -> None:
    solution = cpsat.spill(problem)
    least = least_spill(problem)
    if least is None:
        assert solution.status is Status.INFEASIBLE
        return
    assert not validate(problem, solution)
    price = np.array([bank.spill_cost for bank in problem.banks])
    assert float((price[solution.banks] * problem.size).sum()) == pytest.approx(least)


@settings(max_examples=40, deadline=None)
@given(small_problem(rich=False))
def test_as_many_offsets_as_possible_are_kept(problem: Problem) -> None:
    """All at offset 0 is what is to be kept; those live at once cannot all be."""
    if not feasible(problem):
        return
    old = np.zeros(len(problem), np.int64)
    solution, proved = cpsat.keep(problem, old, len(problem))
    assert solution.status is Status.SOLVED
    assert proved
    assert not validate(problem, solution)
    moved = int((solution.offsets != 0).sum())
    if moved:
        none, proved = cpsat.keep(problem, old, moved - 1)
        assert none.status is Status.INFEASIBLE
        assert proved


def test_offsets_off_the_grid_are_kept_too() -> None:
    problem = Problem.from_buffers([Buffer("a", 0, 2, 8), Buffer("b", 1, 3, 8)], capacity=32)
    solution, proved = cpsat.keep(problem, np.array([3, NO_OFFSET]), 0)
    assert proved
    assert solution.offsets[0] == 3


@pytest.mark.parametrize("name", ["A", "C", "F", "G"])
def test_published_instances(name: str) -> None:
    path = SHARED / "challenging" / f"{name}.1048576.csv"
    if not path.exists():
        pytest.skip("the published instances are not here")
    problem = read_problem(path)
    solution = cpsat.solve(problem, CpSatParams(timeout=60))
    assert solution.status is Status.SOLVED
    assert not validate(problem, solution)


def test_proof_where_counting_proves_nothing() -> None:
    """Never more than 8 bytes live at once, and 8 bytes are not enough: shown by enumeration."""
    problem = Problem.from_buffers(
        [Buffer(str(i), a, b, s) for i, (a, b, s) in enumerate(
            [(0, 2, 4), (1, 4, 3), (3, 6, 4), (2, 3, 1), (0, 1, 3), (4, 6, 4), (2, 3, 4)])],
        capacity=8,
    )  # fmt: skip
    from telamalloc.contention import peak_contention

    assert peak_contention(problem) <= 8
    assert (cpsat.solve(problem).status is Status.SOLVED) == feasible(problem)


def test_it_stops_when_told_to() -> None:
    random = np.random.default_rng(0)
    lower = random.integers(0, 300, 400)
    problem = Problem.from_arrays(
        lower, lower + random.integers(5, 80, 400), random.integers(1, 10**6, 400)
    )
    stop = threading.Event()
    threading.Timer(2.0, stop.set).start()
    started = time.monotonic()
    solution = cpsat.minimize(problem, CpSatParams(timeout=0), stop)
    assert time.monotonic() - started < 30
    assert solution.status in (Status.SOLVED, Status.INTERRUPTED)


def test_same_seed_same_plan() -> None:
    problem = Problem.from_arrays(
        np.arange(40), np.arange(40) + np.tile([3, 9, 5, 17], 10), np.tile([7, 5, 11, 3, 2], 8)
    )
    first, second = (cpsat.minimize(problem, CpSatParams(timeout=30)) for _ in range(2))
    np.testing.assert_array_equal(first.offsets, second.offsets)


def test_numbers_too_large() -> None:
    problem = Problem.from_buffers([Buffer("a", 0, 1, 2**60), Buffer("b", 0, 1, 3)])
    with pytest.raises(TelamallocError, match="too large"):
        cpsat.minimize(problem)


def test_no_capacity() -> None:
    with pytest.raises(TelamallocError, match="no capacity"):
        cpsat.solve(Problem.from_buffers([Buffer("a", 0, 1, 1)]))


def test_without_or_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter in which OR-Tools cannot be imported, as without the extra."""
    monkeypatch.delitem(sys.modules, "telamalloc.cpsat_model", raising=False)
    monkeypatch.setattr("telamalloc.cpsat_model", None, raising=False)
    monkeypatch.setitem(sys.modules, "ortools", None)
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    with pytest.raises(TelamallocError, match="OR-Tools") as caught:
        cpsat.solve(Problem.from_buffers([Buffer("a", 0, 1, 1)], capacity=1))
    assert "mlgo-suite[solver]" in caught.value.hint


def test_banks_are_bound() -> None:
    problem = Problem.from_buffers(
        [Buffer("a", 0, 2, 4, bank="y"), Buffer("b", 0, 2, 4)],
        banks=[Bank("x", 4), Bank("y", 4, 3.0)],
    )
    solution: Solution = cpsat.spill(problem)
    assert solution.banks.tolist() == [1, 0]
