"""XLA's buffer assignment: read from a dump, to see how far XLA's heap is from the least.

`XLA_FLAGS="--xla_dump_to=DIR --xla_dump_hlo_as_text"` makes XLA write, for each module,
`*-buffer-assignment.txt`: the allocations, the values in each with size and offset, and when
each is live. XLA takes no plan back, so this is for looking only.

Sharing is modelled as XLA does it: the values that a loop carries (`phi`) have one place and
become one buffer, with gaps while none of them is live; a result that XLA put over an operand
that dies there may share its place again, or not. See xla/service/buffer_assignment.cc.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from telamalloc.errors import FormatError
from telamalloc.problem import Buffer, Gap, Problem
from telamalloc.solution import Solution, Status

_ALLOCATION = re.compile(r"allocation (\d+): size (\d+)(.*):$")
_VALUE = re.compile(r" value: <\d+ (.+) @\d+> \(size=(\d+),offset=(\d+)\)")
_LIVE = re.compile(r"    (.+\{[\d,]*\}):(\d+)-(\d+)$")
_HEADER = re.compile(r"<\d+ (.+) @\d+>$")
_LOOP_USE = re.compile(r"  (\S+), operand \d+ (\{[\d,]*\})$")
_HINT = 'write it with XLA_FLAGS="--xla_dump_to=DIR --xla_dump_hlo_as_text"'
# XLA aligns to 16 bytes on CPU and to 256 on GPU; the dump does not say.
_LARGEST_ALIGNMENT = 256


@dataclass(frozen=True)
class Value:
    """One HLO value in the heap: live in [lower, upper), at `offset` in XLA's own plan."""

    name: str
    carried: bool
    size: int
    offset: int
    lower: int
    upper: int


@dataclass(frozen=True)
class Heap:
    """The allocation in which XLA plans temporaries.

    Attributes:
        size: bytes that XLA gave it.
        values: what is in it.
        groups: indices of values that must share one place, each value in one group.
        pairs: indices of groups that may share one place while both are live.
        alignment: of all offsets, in bytes.
    """

    size: int
    values: tuple[Value, ...]
    groups: tuple[tuple[int, ...], ...]
    pairs: tuple[tuple[int, int], ...]
    alignment: int

    def problem(self, capacity: int | None = None) -> Problem:
        """The heap as an allocation problem, one buffer a group."""
        aliases: list[list[str]] = [[] for _ in self.groups]
        for first, second in self.pairs:
            aliases[first].append(self._name(second))
        return Problem.from_buffers(
            (self._buffer(number, aliases[number]) for number in range(len(self.groups))), capacity
        )

    def own_plan(self) -> Solution:
        """What XLA itself did, as a plan for `problem()`."""
        offsets = [self.values[group[0]].offset for group in self.groups]
        return Solution.of(self.problem(), Status.SOLVED, np.array(offsets, np.int64))

    def _name(self, number: int) -> str:
        return self.values[self.groups[number][0]].name

    def _buffer(self, number: int, aliases: Sequence[str]) -> Buffer:
        values = sorted((self.values[i] for i in self.groups[number]), key=lambda v: v.lower)
        gaps, until = [], values[0].upper
        for value in values[1:]:
            if value.lower > until:
                gaps.append(Gap(until, value.lower))
            until = max(until, value.upper)
        return Buffer(
            self._name(number), values[0].lower, until, max(value.size for value in values),
            alignment=self.alignment, gaps=tuple(gaps), aliases=tuple(aliases),
        )  # fmt: skip


def read_dump(text: str, source: str = "input") -> Heap:
    """Reads the heap of temporaries from the text of a `*-buffer-assignment.txt`.

    Raises:
        FormatError: not such a file, cut off, or without a heap.
    """
    lines = text.splitlines()
    if "HloLiveRange" not in text or "  BufferLiveRange:" not in lines:
        raise FormatError(
            f"{source} has no live ranges: not a buffer assignment, or cut off", _HINT
        )
    live = dict(_live_ranges(lines[lines.index("  BufferLiveRange:") + 1 :]))
    size, values = _heap(lines, live)
    if not values:
        raise FormatError(f"{source}: the module has no heap of temporaries", _HINT)
    groups = _groups(values, _loop_operands(lines))
    alignment = math.gcd(_LARGEST_ALIGNMENT, *(value.offset for value in values))
    return Heap(size, tuple(values), groups, tuple(_pairs(values, groups)), alignment)


def _live_ranges(lines: Sequence[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name with index -> first and last step, both inclusive."""
    for line in lines:
        match = _LIVE.match(line)
        if not match:
            return
        yield match[1], (int(match[2]), int(match[3]))


def _heap(lines: Sequence[str], live: dict[str, tuple[int, int]]) -> tuple[int, list[Value]]:
    """The size of the allocation of temporaries, and its values that are live at some time."""
    size, values, inside = 0, [], False
    for line in lines:
        if allocation := _ALLOCATION.match(line):
            inside = "preallocated-temp" in allocation[3]
            size = int(allocation[2]) if inside else size
        elif inside and (value := _VALUE.match(line)):
            name, carried = _plain(value[1])
            if name in live and int(value[2]):
                first, last = live[name]
                values.append(Value(name, carried, int(value[2]), int(value[3]), first, last + 1))
        elif line.startswith("Total bytes used"):
            break
    return size, values


def _plain(name: str) -> tuple[str, bool]:
    """`while{1} (phi)` -> `while{1}`, carried; `dot.0` -> `dot.0{}`."""
    base = name.removesuffix(" (phi)")
    return (base if base.endswith("}") else base + "{}"), base != name


def _loop_operands(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs (value, what carries it): uses of the form `while, operand 0 {1}`."""
    name = ""
    for line in lines:
        if header := _HEADER.match(line):
            name = _plain(header[1])[0]
        elif use := _LOOP_USE.match(line):
            yield name, use[1] + use[2]


def _groups(
    values: Sequence[Value], loop_operands: Iterator[tuple[str, str]]
) -> tuple[tuple[int, ...], ...]:
    """Values that must share one place: of one loop, or live at once over the same bytes."""
    head = list(range(len(values)))

    def join(first: int, second: int) -> None:
        old, new = head[second], head[first]
        head[:] = [new if h == old else h for h in head]

    place = {value.name: i for i, value in enumerate(values)}
    for name, carrier in loop_operands:
        if name in place and carrier in place and values[place[carrier]].carried:
            join(place[name], place[carrier])
    for first, second in _touching(values):
        a, b = values[first], values[second]
        if _steps_shared(a, b) > 1 or ((a.carried or b.carried) and a.size == b.size):
            join(first, second)
    return tuple(tuple(i for i, h in enumerate(head) if h == one) for one in sorted(set(head)))


def _pairs(values: Sequence[Value], groups: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """Groups of which XLA put one in place of the other at the step where they meet."""
    group = {i: number for number, members in enumerate(groups) for i in members}
    met = {(group[first], group[second]) for first, second in _touching(values)}
    yield from sorted({(min(p), max(p)) for p in met if p[0] != p[1]})


def _touching(values: Sequence[Value]) -> Iterator[tuple[int, int]]:
    """Pairs that are live at once and begin at the same byte in XLA's plan."""
    places: dict[int, list[int]] = {}
    for i, value in enumerate(values):
        places.setdefault(value.offset, []).append(i)
    for together in places.values():
        for number, first in enumerate(together):
            for second in together[number + 1 :]:
                if _steps_shared(values[first], values[second]) > 0:
                    yield first, second


def _steps_shared(a: Value, b: Value) -> int:
    return min(a.upper, b.upper) - max(a.lower, b.lower)
