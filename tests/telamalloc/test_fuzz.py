import random

import pytest

from telamalloc import Buffer, Problem, SolverParams, Status, solve
from telamalloc.validate import validate
from tests.telamalloc.exhaustive import feasible, small

SWITCHES = [
    SolverParams(greedy=False, restart_base=3),
    SolverParams(),
    SolverParams(greedy=False, restarts=False),
    SolverParams(greedy=False, backjumping=False, restart_base=4),
    SolverParams(greedy=False, backjumping=False, failed_states=False, learned_order=False),
    SolverParams(greedy=False, restarts=False, learned_order=False, subset_bound=False),
    SolverParams(greedy=False, conflict_weights=False, order=2, restart_base=2, probe=0.0),
]


def check(seed: int, rich: bool) -> Status:
    problem = small(random.Random(seed), rich)
    solution = solve(problem, SWITCHES[seed % len(SWITCHES)])
    if solution.status is Status.SOLVED:
        assert validate(problem, solution) == (), (seed, problem.buffers)
    else:
        assert solution.status is Status.INFEASIBLE, (seed, problem.buffers)
        assert not feasible(problem), (seed, problem.capacity, problem.buffers)
    return solution.status


@pytest.mark.parametrize("rich", [False, True])
def test_small_problems(rich: bool) -> None:
    seen = [check(seed, rich) for seed in range(500)]
    # Both answers must occur, or the comparison shows nothing.
    assert seen.count(Status.SOLVED) > 100
    assert seen.count(Status.INFEASIBLE) > 20


def test_a_dead_component_does_not_condemn_another() -> None:
    """Found by the native fuzzer: without backjumping, a state was held to have failed."""
    buffers = [
        Buffer("a", 0, 5, 3),
        Buffer("b", 0, 1, 2, alignment=2),
        Buffer("c", 2, 5, 2),
        Buffer("d", 1, 2, 1, region=(3, 64)),
        Buffer("f", 3, 6, 1, alignment=2),
    ]
    params = SolverParams(greedy=False, backjumping=False, restart_base=4, seed=2853)
    assert solve(Problem.from_buffers(buffers, 6), params).status is Status.SOLVED


@pytest.mark.slow
@pytest.mark.parametrize("rich", [False, True])
def test_a_hundred_thousand_small_problems(rich: bool) -> None:
    for seed in range(50_000):
        check(seed, rich)
