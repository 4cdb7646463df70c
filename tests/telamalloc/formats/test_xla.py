"""XLA's buffer assignment: a real dump, its sharing modelled so that XLA's own plan is right."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from telamalloc import engine
from telamalloc.engine import Effort
from telamalloc.errors import FormatError
from telamalloc.formats.load import read_problem
from telamalloc.formats.xla import Heap, read_dump
from telamalloc.solution import Status
from telamalloc.solver import SolverParams
from telamalloc.validate import Rule, validate


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("tensorflow", reason="XLA comes with the extra train")
    folder = tmp_path_factory.mktemp("xla")
    script = Path(__file__).with_name("make_xla_dump.py")
    subprocess.run([sys.executable, script, folder], check=True, capture_output=True, timeout=300)
    found = sorted(folder.glob("*buffer-assignment.txt"))
    assert found
    return found[0]


@pytest.fixture
def heap(dump: Path) -> Heap:
    return read_dump(dump.read_text())


def test_all_of_the_heap_is_read(dump: Path, heap: Heap) -> None:
    text = dump.read_text()
    assert f": size {heap.size}, preallocated-temp:" in text
    assert max(value.offset + value.size for value in heap.values) <= heap.size
    assert sorted(i for group in heap.groups for i in group) == list(range(len(heap.values)))


def test_xlas_own_plan_is_right(heap: Heap) -> None:
    assert not validate(heap.problem(), heap.own_plan())
    assert heap.own_plan().peak <= heap.size


def test_it_would_be_wrong_without_sharing(heap: Heap) -> None:
    """The dump has in-place operators: leaving them out makes XLA's plan look wrong."""
    assert heap.pairs
    alone = replace(heap.problem(), aliases=np.empty((0, 2), np.int64))
    found = validate(alone, heap.own_plan(), limit=100)
    assert {violation.rule for violation in found} == {Rule.OVERLAP}


def test_what_a_loop_carries_is_one_buffer(heap: Heap) -> None:
    carried = [
        {heap.values[i].name for i in group}
        for group in heap.groups
        if any(heap.values[i].carried for i in group)
    ]
    assert carried
    matrix = next(names for names in carried if "while{1}" in names)
    assert len(matrix) >= 4  # what goes in, the condition's, the body's, what comes out
    for group in heap.groups:
        assert len({heap.values[i].offset for i in group}) == 1


def test_a_plan_is_found_that_is_no_worse(heap: Heap) -> None:
    problem = heap.problem()
    solution = engine.minimize(problem, Effort(params=SolverParams(timeout=20)))
    assert solution.status is Status.SOLVED
    assert not validate(problem, solution)
    assert solution.peak <= heap.own_plan().peak


def test_the_loader_knows_it(dump: Path, heap: Heap) -> None:
    assert read_problem(dump, 70_000).capacity == 70_000
    assert len(read_problem(dump)) == len(heap.groups)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.8])
def test_cut_off(dump: Path, share: float) -> None:
    text = dump.read_text()
    with pytest.raises(FormatError, match="cut off"):
        read_dump(text[: int(text.index("HloLiveRange") * share)])


def test_no_heap() -> None:
    text = "BufferAssignment:\nHloLiveRange (max 3):\n  BufferLiveRange:\n    a{}:0-3\n"
    with pytest.raises(FormatError, match="no heap"):
        read_dump(text)
