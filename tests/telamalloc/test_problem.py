import numpy as np
import pytest

from telamalloc import Bank, Buffer, Gap, Problem, ProblemError
from telamalloc.problem import LIMIT

GOOD = Buffer("a", 0, 4, 16)


def problem(*buffers: Buffer, capacity: int | None = 64) -> Problem:
    return Problem.from_buffers(buffers, capacity)


@pytest.mark.parametrize(
    ("buffer", "words"),
    [
        (Buffer("b", 4, 4, 1), "lifetime"),
        (Buffer("b", 5, 4, 1), "lifetime"),
        (Buffer("b", 0, 4, 0), "no bytes"),
        (Buffer("b", 0, 4, -3), "no bytes"),
        (Buffer("b", 0, 4, 2**62), "too large"),
        (Buffer("b", 0, 4, 2**70), "64 bits"),
        (Buffer("b", -1, 4, 1), "before time 0"),
        (Buffer("b", 0, 2**62, 1), "out of range"),
        (Buffer("b", 0, 4, 1, alignment=3), "power of two"),
        (Buffer("b", 0, 4, 1, alignment=0), "power of two"),
        (Buffer("b", 0, 4, 1, offset=-8), "offset"),
        (Buffer("b", 0, 4, 1, alignment=4, offset=2), "alignment forbids"),
        (Buffer("b", 0, 4, 8, region=(0, 4)), "region"),
        (Buffer("b", 0, 4, 8, region=(-4, 8)), "region"),
        (Buffer("b", 0, 4, 8, offset=8, region=(0, 12)), "outside its region"),
        (Buffer("b", 0, 4, 8, bank="c"), "unknown bank"),
        (Buffer("b", 0, 4, 8, aliases=("c",)), "unknown alias"),
        (Buffer("b", 0, 4, 8, aliases=("b",)), "its alias"),
        (Buffer("b", 0, 4, 8, gaps=(Gap(3, 5),)), "gap"),
        (Buffer("b", 0, 4, 8, gaps=(Gap(1, 2, 9),)), "gap"),
        (Buffer("b", 0, 4, 8, gaps=(Gap(1, 3), Gap(2, 4))), "overlap"),
        (Buffer("a", 0, 4, 8), "given twice"),
    ],
)
def test_malformed_buffers(buffer: Buffer, words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        problem(GOOD, buffer)


def test_sizes_that_overflow_together() -> None:
    with pytest.raises(ProblemError, match="overflow"):
        problem(*(Buffer(str(i), 0, 1, LIMIT // 2) for i in range(3)))


@pytest.mark.parametrize("capacity", [0, -1, 2**62])
def test_capacities_out_of_range(capacity: int) -> None:
    with pytest.raises(ProblemError, match="capacity"):
        problem(GOOD, capacity=capacity)


def test_columns_that_do_not_match() -> None:
    with pytest.raises(ProblemError, match="shape"):
        Problem.from_arrays([0, 1], [2, 3], [4])
    with pytest.raises(ProblemError, match="whole numbers"):
        Problem.from_arrays([0.5], [2], [4])


def test_banks() -> None:
    banks = (Bank("sram", 64), Bank("dram", None, spill_cost=2.0))
    made = Problem.from_buffers([Buffer("a", 0, 1, 8, bank="dram")], banks=banks)
    assert made.bank.tolist() == [1]
    assert made.buffer(0).bank == "dram"
    with pytest.raises(ProblemError, match="same name"):
        Problem.from_buffers([GOOD], banks=(Bank("x", 1), Bank("x", 2)))


def test_objects_survive_the_columns() -> None:
    buffers = (
        Buffer("x", 0, 7, 16, alignment=8, region=(8, 40), gaps=(Gap(3, 5, 4),)),
        Buffer("y", 0, 4, 16, offset=32, aliases=("x",)),
    )
    back = problem(*buffers).buffers
    assert back[0] == Buffer("x", 0, 7, 16, 8, None, (8, 40), None, (Gap(3, 5, 4),), ("y",))
    assert back[1] == buffers[1]


def test_a_subset_keeps_gaps_and_aliases_of_its_own() -> None:
    whole = problem(
        Buffer("x", 0, 4, 4, gaps=(Gap(1, 2),)),
        Buffer("y", 0, 4, 4),
        Buffer("z", 0, 4, 4, aliases=("x",)),
    )
    part = whole.subset(np.array([2, 0]))
    assert [b.id for b in part.buffers] == ["z", "x"]
    assert part.gaps.tolist() == [[1, 1, 2, 0]]
    assert part.aliases.tolist() == [[1, 0]]
    assert whole.subset([1]).aliases.shape == (0, 2)
