"""A problem as a CP-SAT model: rectangles of lifetime by bytes that do not overlap."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from ortools.sat.python import cp_model as _cp_model

from telamalloc.errors import TelamallocError
from telamalloc.problem import ANY_BANK, LIMIT, NO_OFFSET, Ints, Problem

cp_model: Any = _cp_model  # OR-Tools' own annotations are wrong in places
IntVar = Any

# CP-SAT's bounds and their sums must stay far below 2^63.
_LARGEST = 2**52


@dataclass(frozen=True)
class Piece:
    """A part of a buffer's lifetime in which it needs the same number of units."""

    buffer: int
    lower: int
    upper: int
    units: int


class Encoding:
    """The model and its variables.

    Offsets are counted in units: the largest number of bytes to which every offset of some
    best plan is a multiple. Fewer values, the same plans.

    Attributes:
        problem: what is encoded.
        unit: bytes.
        model: the CP-SAT model, every rule of a plan in it, no objective.
        offsets: one variable a buffer, in units.
        places: for each buffer its banks, and the literal that says it is there.
    """

    def __init__(self, problem: Problem, old_offsets: Ints | None = None) -> None:
        self.problem = problem
        self._old_offsets = np.empty(0, np.int64) if old_offsets is None else old_offsets
        self.unit = _unit(problem, self._old_offsets)
        self.model = cp_model.CpModel()
        self.places = [self._places(row) for row in range(len(problem))]
        self.offsets = [self._offset(row) for row in range(len(problem))]
        self.pieces = list(_pieces(problem, self.unit))
        sharing = _sharing(problem)
        for bank in range(len(problem.banks)):
            inside = [p for p in self.pieces if bank in self.places[p.buffer]]
            self._no_overlap(bank, [p for p in inside if p.buffer not in sharing])
            self._apart(bank, inside, sharing)

    @cached_property
    def roof(self) -> int:
        """Bytes that hold all buffers one above the other: no plan needs more."""
        problem = self.problem
        alone = problem.size + np.maximum(problem.alignment, self.unit)
        given = np.where(problem.offset == NO_OFFSET, problem.region_lower, problem.offset)
        base = max(int(given.max(initial=0)), int(self._old_offsets.max(initial=0)))
        total = base + int(alone.sum())
        if total > _LARGEST:
            raise TelamallocError(
                "the sizes are too large for CP-SAT", "use --engine core, which has no such limit"
            )
        return total

    def bytes(self, values: Iterable[int]) -> Ints:
        """Offsets in bytes of values in units."""
        return np.array(list(values), np.int64) * self.unit

    def guide(self) -> None:
        """Adds the guided search: lowest offset first, longer and larger buffers first."""
        problem = self.problem
        width = problem.upper - problem.lower
        order = np.lexsort((-width * problem.size.astype(float), -width))
        self.model.add_decision_strategy(
            [self.offsets[row] for row in order],
            cp_model.CHOOSE_LOWEST_MIN,
            cp_model.SELECT_MIN_VALUE,
        )

    def hint(self, offsets: Ints, banks: Ints | None = None) -> None:
        """Tells the search of a plan to start from; -1 for a buffer without a place."""
        for variable, offset in zip(self.offsets, offsets.tolist(), strict=True):
            if offset >= 0:
                self.model.add_hint(variable, offset // self.unit)
        for row, chosen in enumerate([] if banks is None else banks.tolist()):
            for bank, here in self.places[row].items() if len(self.places[row]) > 1 else ():
                self.model.add_hint(here, int(bank == chosen))

    def moved(self, old_offsets: Ints) -> list[IntVar]:
        """A literal for each buffer with an old offset: false only if it keeps it."""
        literals = []
        for variable, offset in zip(self.offsets, old_offsets.tolist(), strict=True):
            if offset != NO_OFFSET:
                literals.append(self.model.new_bool_var(""))
                kept = literals[-1].negated()
                self.model.add(variable == offset // self.unit).only_enforce_if(kept)
        return literals

    def peak(self, at_least: int) -> IntVar:
        """A variable for the end of the preferred bank's highest buffer, in bytes."""
        roof = self.problem.capacity or self.roof
        peak = self.model.new_int_var(min(at_least, roof), roof, "peak")
        for row, variable in enumerate(self.offsets):
            if 0 in self.places[row]:
                end = variable * self.unit + int(self.problem.size[row])
                self.model.add(end <= peak).only_enforce_if(self.places[row][0])
        return peak

    def _places(self, row: int) -> dict[int, IntVar]:
        """The banks in which a buffer may be; exactly one of the literals is true."""
        only = int(self.problem.bank[row])
        banks = range(len(self.problem.banks)) if only == ANY_BANK else [only]
        if len(banks) == 1:
            return {banks[0]: self.model.new_constant(1)}
        places = {bank: self.model.new_bool_var(f"in{row}_{bank}") for bank in banks}
        self.model.add_exactly_one(places.values())
        return places

    def _offset(self, row: int) -> IntVar:
        """The offset's variable: its region, alignment and banks' capacities kept."""
        problem, unit = self.problem, self.unit
        size, step = int(problem.size[row]), max(1, int(problem.alignment[row]) // unit)
        tops = {bank: self._top(bank, row) for bank in self.places[row]}
        lowest, highest = int(problem.region_lower[row]), max(tops.values()) - size
        if problem.offset[row] != NO_OFFSET:
            lowest = int(problem.offset[row])
            highest = min(highest, lowest)
        first, last = -(-lowest // unit), highest // unit
        if first > last:
            self.model.add_bool_or([])  # fits nowhere
        variable = self.model.new_int_var(first, max(first, last), f"o{row}")
        if step > 1:
            multiple = self.model.new_int_var(0, max(first, last) // step, "")
            self.model.add(variable == multiple * step)
        for bank, literal in self.places[row].items():
            if tops[bank] < max(tops.values()):
                self.model.add(variable * unit + size <= tops[bank]).only_enforce_if(literal)
        return variable

    def _top(self, bank: int, row: int) -> int:
        capacity = self.problem.banks[bank].capacity
        region = int(self.problem.region_upper[row])
        return min(
            self.roof if region == LIMIT else region, self.roof if capacity is None else capacity
        )

    def _no_overlap(self, bank: int, pieces: list[Piece]) -> None:
        """The rectangles of one bank, those of buffers that may share a place left out."""
        times, spaces = [], []
        for piece in pieces:
            here = self.places[piece.buffer][bank]
            start, length = self.offsets[piece.buffer], piece.units
            times.append(
                self.model.new_fixed_size_interval_var(piece.lower, piece.upper - piece.lower, "")
            )
            if len(self.places[piece.buffer]) == 1:
                spaces.append(self.model.new_fixed_size_interval_var(start, length, ""))
            else:
                spaces.append(
                    self.model.new_optional_fixed_size_interval_var(start, length, here, "")
                )
        self.model.add_no_overlap_2d(times, spaces)

    def _apart(self, bank: int, pieces: list[Piece], sharing: dict[int, set[int]]) -> None:
        """Pair by pair: a piece of a buffer that may share its place, and all that live with it."""
        for first in (piece for piece in pieces if piece.buffer in sharing):
            for second in pieces:
                twice = second.buffer in sharing and second.buffer <= first.buffer
                if not twice and first.buffer != second.buffer and _meet(first, second):
                    self._pair(bank, first, second, second.buffer in sharing[first.buffer])

    def _pair(self, bank: int, first: Piece, second: Piece, may_share: bool) -> None:
        """One above the other, or at the same place where that is allowed, or not both here."""
        model, low, high = self.model, self.offsets[first.buffer], self.offsets[second.buffer]
        choices = [model.new_bool_var("") for _ in range(3 if may_share else 2)]
        model.add(low + first.units <= high).only_enforce_if(choices[0])
        model.add(high + second.units <= low).only_enforce_if(choices[1])
        if may_share:
            model.add(low == high).only_enforce_if(choices[2])
        here = [self.places[piece.buffer][bank] for piece in (first, second)]
        model.add_bool_or([*choices, *(literal.negated() for literal in here)])


def _meet(first: Piece, second: Piece) -> bool:
    return first.lower < second.upper and second.lower < first.upper


def _sharing(problem: Problem) -> dict[int, set[int]]:
    """For every buffer with aliases, their rows."""
    sharing: dict[int, set[int]] = {}
    for first, second in problem.aliases.tolist():
        sharing.setdefault(first, set()).add(second)
        sharing.setdefault(second, set()).add(first)
    return sharing


def _pieces(problem: Problem, unit: int) -> Iterable[Piece]:
    """Lifetimes cut at the gaps, in units rounded up; stretches that need nothing left out."""
    gaps: dict[int, list[list[int]]] = {}
    for row, lower, upper, size in problem.gaps.tolist():
        gaps.setdefault(row, []).append([lower, upper, size])
    for row in range(len(problem)):
        at, whole = int(problem.lower[row]), -(-int(problem.size[row]) // unit)
        for lower, upper, size in sorted(gaps.get(row, ())):
            yield from _piece(row, at, lower, whole)
            yield from _piece(row, lower, upper, -(-size // unit))
            at = upper
        yield from _piece(row, at, int(problem.upper[row]), whole)


def _piece(row: int, lower: int, upper: int, units: int) -> Iterable[Piece]:
    return [Piece(row, lower, upper, units)] if lower < upper and units else []


def _unit(problem: Problem, old_offsets: Ints) -> int:
    """A number of bytes such that some best plan has only multiples of it as offsets.

    Push every buffer of a plan down as far as it goes: each then starts where its region, its
    alignment, an offset that it keeps or the end of another buffer stops it.
    """
    wanted = np.append(problem.offset, old_offsets)
    given = wanted[wanted != NO_OFFSET]
    stops = [problem.size, problem.gaps[:, 3], problem.region_lower, given]
    unit = 0
    for stop in stops:
        unit = math.gcd(unit, int(np.gcd.reduce(stop, initial=0)))
    for alignment in np.unique(problem.alignment).tolist():
        if unit % alignment and alignment % unit:
            unit = math.gcd(unit, alignment)
    least = int(problem.alignment.min(initial=LIMIT))
    return max(1, unit if unit % least == 0 else least)
