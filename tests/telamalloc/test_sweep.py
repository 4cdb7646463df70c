"""The sweep along time: what takes the place of what, with the order left open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from telamalloc import solver
from telamalloc.learning import generate
from telamalloc.problem import Problem
from telamalloc.solution import Status
from telamalloc.solver import SolverParams
from telamalloc.validate import validate

# Without greedy plans, so that the search and the sweeps have to find them.
PARAMS = SolverParams(greedy=False, timeout=0.0, node_budget=60_000)


@pytest.mark.parametrize("name", ["cnn-1114", "cnn-1142", "guillotine-1140", "pixel-1034"])
def test_finds_plans_that_the_search_alone_does_not(name: str) -> None:
    """Full memory and memory with a little that is free; many buffers."""
    family, seed = name.rsplit("-", 1)
    problem = generate.tight(family, int(seed)).problem
    assert solver.solve(problem, replace(PARAMS, time_sweep=False)).status is Status.BUDGET
    answer = solver.solve(problem, PARAMS)
    assert answer.status is Status.SOLVED
    assert not validate(problem, answer, limit=1)


def test_the_same_input_gives_the_same_plan() -> None:
    problem = generate.tight("pixel", 1034).problem
    first, second = (solver.solve(problem, PARAMS) for _ in range(2))
    assert (first.offsets == second.offsets).all()


def test_a_capacity_between_two_units_keeps_alignments() -> None:
    """What is free is no multiple of the sizes' unit."""
    problem = generate.tight("cnn", 1114).problem
    unit = int(np.gcd.reduce(problem.size))
    align = 1 << (unit & -unit).bit_length() - 1
    assert align > 1
    loose = Problem.from_arrays(
        problem.lower,
        problem.upper,
        problem.size,
        int(problem.capacity or 0) + unit - 1,
        alignment=np.full(len(problem), align),
    )
    answer = solver.solve(loose, PARAMS)
    assert answer.status is Status.SOLVED
    assert not validate(loose, answer, limit=1)


def test_the_least_peak_is_found_where_no_memory_may_be_free() -> None:
    problem = generate.tight("pixel", 1034).problem
    free = Problem.from_arrays(problem.lower, problem.upper, problem.size)
    params = replace(PARAMS, node_budget=200_000)
    assert solver.minimize(free, params).peak == problem.capacity
    assert solver.minimize(free, replace(params, time_sweep=False)).peak > (problem.capacity or 0)
