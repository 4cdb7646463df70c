"""Small random problems with every feature, and the answer by trying everything."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from telamalloc.problem import Bank, Buffer, Gap, Problem
from telamalloc.solution import Solution, Status
from telamalloc.validate import validate


@st.composite
def small_buffer(draw: st.DrawFn, number: int, capacity: int, rich: bool) -> Buffer:
    lower = draw(st.integers(0, 4))
    upper = lower + draw(st.integers(1, 4))
    size = draw(st.integers(1, 4))
    plain = Buffer(str(number), lower, upper, size)
    if not rich:
        return plain
    alignment = draw(st.sampled_from([1, 1, 2, 4]))
    at = draw(st.integers(lower, upper - 1))
    return Buffer(
        str(number), lower, upper, size, alignment,
        offset=draw(st.sampled_from([None, None, None, alignment])),
        region=draw(st.sampled_from([None, None, (0, capacity + 2), (1, capacity + 6)])),
        gaps=draw(st.sampled_from([(), (), (Gap(at, at + 1),), (Gap(at, at + 1, size - 1),)])),
        aliases=draw(st.sampled_from([(), (), ("0",)])) if number else (),
    )  # fmt: skip


@st.composite
def small_problem(draw: st.DrawFn, rich: bool = True, banks: bool = False) -> Problem:
    """Up to five buffers, sizes and offsets of a few bytes."""
    capacity = draw(st.integers(4, 9))
    count = draw(st.integers(1, 5))
    buffers = [draw(small_buffer(number, capacity, rich)) for number in range(count)]
    buffers = [b for b in buffers if b.offset is None or b.region is None or _inside(b)]
    known = {b.id for b in buffers}
    buffers = [b if set(b.aliases) <= known else Buffer(b.id, b.lower, b.upper, b.size)
               for b in buffers]  # fmt: skip
    memories = [Bank("main", capacity)]
    if banks:
        memories.append(Bank("second", draw(st.integers(2, 6)), draw(st.sampled_from([1.0, 2.5]))))
        memories += draw(st.sampled_from([[], [Bank("third", None, 7.0)]]))
    return Problem.from_buffers(buffers, banks=memories)


def _inside(buffer: Buffer) -> bool:
    assert buffer.region is not None
    assert buffer.offset is not None
    low, high = buffer.region
    return low <= buffer.offset and buffer.offset + buffer.size <= high


def feasible(problem: Problem) -> bool:
    """Whether some plan of one bank is right, by trying every offset of every buffer."""
    assert problem.capacity is not None
    choices = [
        range(0, problem.capacity - size + 1, alignment)
        for size, alignment in zip(problem.size.tolist(), problem.alignment.tolist(), strict=True)
    ]
    return _extend(problem, choices, [])


def _extend(problem: Problem, choices: list[range], offsets: list[int]) -> bool:
    """Depth first; the validator says whether the buffers so far are right."""
    if offsets:
        part = problem.subset(range(len(offsets)))
        plan = Solution.of(part, Status.SOLVED, np.array(offsets, np.int64))
        if validate(part, plan, limit=1):
            return False
    if len(offsets) == len(choices):
        return True
    return any(_extend(problem, choices, [*offsets, at]) for at in choices[len(offsets)])


def least_spill(problem: Problem) -> float | None:
    """The least cost of a plan of several banks, by trying every assignment; None: there is none.

    Buffers are bound to no bank.
    """
    best: float | None = None
    for banks in itertools.product(range(len(problem.banks)), repeat=len(problem)):
        cost = sum(problem.banks[b].spill_cost * int(s)
                   for b, s in zip(banks, problem.size, strict=True))  # fmt: skip
        if best is not None and cost >= best:
            continue
        rows = [np.flatnonzero(np.array(banks) == number) for number in range(len(problem.banks))]
        parts = [_alone(problem, own, number) for number, own in enumerate(rows)]
        if all(feasible(part) for part in parts if len(part)):
            best = cost
    return best


def _alone(problem: Problem, rows: np.ndarray, number: int) -> Problem:
    part = problem.subset(rows)
    capacity = problem.banks[number].capacity or int(problem.size.sum())
    return Problem.from_arrays(part.lower, part.upper, part.size, capacity,
                               alignment=part.alignment)  # fmt: skip
