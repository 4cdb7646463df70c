"""Is a plan right? Written apart from the solver, and shares nothing with it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from telamalloc.errors import ProblemError
from telamalloc.problem import ANY_BANK, NO_OFFSET, Ints, Problem
from telamalloc.solution import Solution


class Rule(StrEnum):
    """The rules of a plan, each named after its violation."""

    NOT_PLACED = "not placed"  # a buffer has no offset
    ALIGNMENT = "alignment"  # the offset is not a multiple of the alignment
    FIXED_OFFSET = "fixed offset"  # the offset differs from the one given
    REGION = "region"  # the buffer leaves its region
    BANK = "bank"  # the buffer is in a bank that it may not use
    CAPACITY = "capacity"  # the buffer ends above its bank's capacity
    OVERLAP = "overlap"  # two buffers, live at once, share bytes


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule.

    Attributes:
        rule: which.
        first: id of the buffer that breaks it.
        second: id of the other buffer, for an overlap.
        detail: the numbers, for people.
    """

    rule: Rule
    first: str
    second: str | None
    detail: str

    def __str__(self) -> str:
        both = self.first if self.second is None else f"{self.first} and {self.second}"
        return f"{self.rule.value}: {both}: {self.detail}"


def validate(problem: Problem, solution: Solution, limit: int = 10) -> tuple[Violation, ...]:
    """Checks every rule of a plan.

    Args:
        problem: what was asked.
        solution: the plan; its status is not looked at.
        limit: report at most so many violations.

    Returns:
        The violations, at most `limit`; none: the plan is right. If only one pair of
        buffers overlaps, that pair is reported; in a heap of overlaps some pairs may be left out.

    Raises:
        ProblemError: the plan has another number of buffers.
    """
    if len(solution.offsets) != len(problem) or len(solution.banks) != len(problem):
        raise ProblemError(
            f"the plan places {len(solution.offsets)} buffers, the problem has {len(problem)}"
        )
    found: list[Violation] = []
    for violation in _violations(problem, solution.offsets, solution.banks):
        found.append(violation)
        if len(found) >= limit:
            break
    return tuple(found)


def _violations(problem: Problem, offsets: Ints, banks: Ints) -> Iterator[Violation]:
    missing = np.flatnonzero(offsets < 0)
    for i in missing:
        yield Violation(Rule.NOT_PLACED, problem.id(int(i)), None, "it has no offset")
    yield from _alone(problem, offsets, banks)
    for bank in range(len(problem.banks)):
        rows = np.flatnonzero((banks == bank) & (offsets >= 0))
        yield from _overlaps(problem, offsets, rows)


def _alone(p: Problem, offsets: Ints, banks: Ints) -> Iterator[Violation]:
    """The rules that concern one buffer."""
    placed = offsets >= 0
    ends = offsets + p.size
    known = (banks >= 0) & (banks < len(p.banks))
    for i in np.flatnonzero(placed & (offsets % p.alignment != 0)):
        text = f"offset {offsets[i]} is no multiple of {p.alignment[i]}"
        yield Violation(Rule.ALIGNMENT, p.id(int(i)), None, text)
    for i in np.flatnonzero(placed & (p.offset != NO_OFFSET) & (offsets != p.offset)):
        text = f"offset {offsets[i]} instead of {p.offset[i]}"
        yield Violation(Rule.FIXED_OFFSET, p.id(int(i)), None, text)
    for i in np.flatnonzero(placed & ((offsets < p.region_lower) | (ends > p.region_upper))):
        text = f"[{offsets[i]}, {ends[i]}) leaves [{p.region_lower[i]}, {p.region_upper[i]})"
        yield Violation(Rule.REGION, p.id(int(i)), None, text)
    for i in np.flatnonzero(~known | ((p.bank != ANY_BANK) & (banks != p.bank))):
        yield Violation(Rule.BANK, p.id(int(i)), None, f"it may not be in bank {banks[i]}")
    for number, bank in enumerate(p.banks):
        if bank.capacity is None:
            continue
        for i in np.flatnonzero(placed & (banks == number) & (ends > bank.capacity)):
            text = f"it ends at {ends[i]}, bank {bank.name!r} at {bank.capacity}"
            yield Violation(Rule.CAPACITY, p.id(int(i)), None, text)


def _overlaps(p: Problem, offsets: Ints, rows: Ints) -> Iterator[Violation]:
    """Sweeps over time with the live pieces sorted by offset."""
    piece_lower, piece_upper, height, owner = _pieces(p, rows)
    times = np.concatenate([piece_upper, piece_lower])
    kinds = np.concatenate([np.zeros(len(owner)), np.ones(len(owner))])  # ends come first
    sharing = {(int(a), int(b)) for a, b in p.aliases}
    sharing |= {(b, a) for a, b in sharing}
    live: list[tuple[int, int, int]] = []  # offset, end, buffer
    for event in np.lexsort((kinds, times)).tolist():
        k = event % len(owner)
        buffer = int(owner[k])
        offset = int(offsets[buffer])
        piece = (offset, offset + int(height[k]), buffer)
        if event < len(owner):
            del live[bisect_left(live, piece)]
            continue
        for other in _clashes(live, piece, bool(sharing)):
            if (buffer, other[2]) in sharing and other[0] == offset:
                continue
            text = f"[{piece[0]}, {piece[1]}) and [{other[0]}, {other[1]}) at time {times[event]}"
            yield Violation(Rule.OVERLAP, p.id(other[2]), p.id(buffer), text)
        insort(live, piece)


def _clashes(
    live: list[tuple[int, int, int]], piece: tuple[int, int, int], thorough: bool
) -> list[tuple[int, int, int]]:
    """Live pieces that share bytes with `piece`.

    Where live pieces are disjoint it is enough to look at the two neighbours.
    """
    at = bisect_left(live, piece)
    near = live if thorough else live[max(at - 1, 0) : at + 1]
    return [other for other in near if other[0] < piece[1] and piece[0] < other[1]]


def _pieces(p: Problem, rows: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Lifetimes cut at the gaps: (lower, upper, bytes, buffer), pieces of no bytes left out."""
    inside = np.zeros(len(p), dtype=bool)
    inside[rows] = True
    gaps = p.gaps[inside[p.gaps[:, 0]]]
    if not len(gaps):
        return p.lower[rows], p.upper[rows], p.size[rows], rows
    whole = rows[~np.isin(rows, gaps[:, 0])]
    cut: list[tuple[int, int, int, int]] = []
    for i in np.unique(gaps[:, 0]).tolist():
        at = int(p.lower[i])
        own = gaps[gaps[:, 0] == i]
        for _, lower, upper, size in own[np.argsort(own[:, 1])].tolist():
            cut += [(at, lower, int(p.size[i]), i), (lower, upper, size, i)]
            at = upper
        cut.append((at, int(p.upper[i]), int(p.size[i]), i))
    pieces = np.array([c for c in cut if c[0] < c[1] and c[2] > 0], dtype=np.int64).reshape(-1, 4)
    columns = np.column_stack([p.lower[whole], p.upper[whole], p.size[whole], whole])
    lower, upper, height, owner = np.concatenate([columns, pieces]).T
    return lower, upper, height, owner
