"""`import telamalloc` is fast and loads nothing heavy; its names appear on use."""

import subprocess
import sys

import pytest

import telamalloc

HEAVY = ("tensorflow", "ortools", "matplotlib", "jinja2", "pandas", "torch", "ydf", "rich")


def _python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_takes_less_than_100_ms() -> None:
    program = (
        "import time; start = time.perf_counter(); import telamalloc;"
        "print(time.perf_counter() - start)"
    )
    assert min(float(_python(program)) for _ in range(5)) < 0.1


def test_nothing_heavy_is_loaded() -> None:
    program = (
        "import sys; from telamalloc import solve, minimize, Problem, Buffer, validate;"
        "import telamalloc.engine, telamalloc.cli, telamalloc.formats.load;"
        "print(*(name for name in sys.modules if name.split('.')[0] in " + repr(HEAVY) + "))"
    )
    assert _python(program).split() == []


def test_all_names_are_there() -> None:
    for name in telamalloc.__all__:
        assert getattr(telamalloc, name) is not None


def test_the_readmes_example() -> None:
    from telamalloc import Buffer, Problem, Status, solve

    problem = Problem.from_buffers([Buffer("a", 0, 3, 4), Buffer("b", 2, 5, 8)], capacity=12)
    solution = solve(problem)
    assert solution.status is Status.SOLVED
    assert sorted(solution.offsets.tolist()) in ([0, 4], [0, 8])


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        telamalloc.nothing  # noqa: B018
