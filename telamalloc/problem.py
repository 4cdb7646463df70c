"""The problem: buffers with lifetimes and sizes, the banks that hold them.

People write `Buffer` objects; a million buffers come as numpy columns. `Problem` stores the
columns and makes `Buffer` objects only on request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from telamalloc.errors import ProblemError

Ints = npt.NDArray[np.int64]

# Bytes and times stay below this, so that sums of two never overflow int64.
LIMIT = 2**61
NO_OFFSET = -1
ANY_BANK = -1


@dataclass(frozen=True, slots=True)
class Gap:
    """Within [lower, upper) a buffer needs only its first `size` bytes (0: nothing)."""

    lower: int
    upper: int
    size: int = 0


@dataclass(frozen=True, slots=True)
class Buffer:
    """One buffer, live in the half-open interval [lower, upper).

    Attributes:
        id: unique name.
        lower: first time step at which it is live.
        upper: first time step at which it is no longer live.
        size: bytes, at least 1.
        alignment: its offset is a multiple of this power of two.
        offset: the offset is given and not to be chosen.
        region: the buffer lies within these offsets [first, past the last).
        bank: the one bank in which it may be; None: any.
        gaps: disjoint sub-intervals in which it needs less.
        aliases: ids of buffers that may start at the same offset while both are live,
            as the result of an in-place operator may with its operand.
    """

    id: str
    lower: int
    upper: int
    size: int
    alignment: int = 1
    offset: int | None = None
    region: tuple[int, int] | None = None
    bank: str | None = None
    gaps: tuple[Gap, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bank:
    """A memory: `capacity` bytes (None: to be found) at `spill_cost` per byte placed in it.

    The first bank of a problem is the preferred one; its spill cost is usually 0.
    """

    name: str
    capacity: int | None
    spill_cost: float = 0.0


def _none_rows(columns: int) -> Ints:
    return np.empty((0, columns), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Problem:
    """Buffers as columns (all int64, one row a buffer) and the banks.

    Build with `Problem.from_buffers` or `Problem.from_arrays`, which check every value.

    Attributes:
        lower: (n,) first live time step.
        upper: (n,) first time step no longer live.
        size: (n,) bytes.
        alignment: (n,) powers of two.
        offset: (n,) given offset or NO_OFFSET.
        region_lower: (n,) least offset allowed.
        region_upper: (n,) the buffer's end is at most this.
        bank: (n,) index of the only bank allowed, or ANY_BANK.
        gaps: (g, 4) rows (buffer, lower, upper, size within the gap).
        aliases: (k, 2) pairs of buffers that may start at the same offset.
        banks: the memories, preferred one first.
        names: ids, or None where a buffer's id is its index.
    """

    lower: Ints
    upper: Ints
    size: Ints
    alignment: Ints
    offset: Ints
    region_lower: Ints
    region_upper: Ints
    bank: Ints
    gaps: Ints = field(default_factory=lambda: _none_rows(4))
    aliases: Ints = field(default_factory=lambda: _none_rows(2))
    banks: tuple[Bank, ...] = (Bank("main", None),)
    names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.size)

    @property
    def capacity(self) -> int | None:
        """Capacity of the preferred bank in bytes; None if it is to be found."""
        return self.banks[0].capacity

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        """All buffers as objects, made anew at each call."""
        return tuple(self.buffer(i) for i in range(len(self)))

    def id(self, index: int) -> str:
        """The id of the buffer at `index`."""
        return self.names[index] if self.names is not None else str(index)

    def buffer(self, index: int) -> Buffer:
        """The buffer at `index` as an object."""
        bank, offset = int(self.bank[index]), int(self.offset[index])
        region = (int(self.region_lower[index]), int(self.region_upper[index]))
        return Buffer(
            id=self.id(index),
            lower=int(self.lower[index]),
            upper=int(self.upper[index]),
            size=int(self.size[index]),
            alignment=int(self.alignment[index]),
            offset=None if offset == NO_OFFSET else offset,
            region=None if region == (0, LIMIT) else region,
            bank=None if bank == ANY_BANK else self.banks[bank].name,
            gaps=tuple(
                Gap(*(int(x) for x in row[1:])) for row in self.gaps[self.gaps[:, 0] == index]
            ),
            aliases=self._partners(index),
        )

    def _partners(self, index: int) -> tuple[str, ...]:
        first, second = self.aliases[:, 0], self.aliases[:, 1]
        partners = np.concatenate([second[first == index], first[second == index]])
        return tuple(self.id(int(i)) for i in np.unique(partners))

    def with_capacity(self, capacity: int | None) -> Problem:
        """The same buffers under another capacity of the preferred bank."""
        if capacity is not None:
            _check_capacity("main", capacity)
        banks = (replace(self.banks[0], capacity=capacity), *self.banks[1:])
        return replace(self, banks=banks)

    def subset(self, rows: npt.ArrayLike) -> Problem:
        """The problem of the buffers at `rows` (indices), in that order."""
        index = np.asarray(rows, dtype=np.int64)
        new_row = np.full(len(self), -1, dtype=np.int64)
        new_row[index] = np.arange(len(index))
        gaps = self.gaps[new_row[self.gaps[:, 0]] >= 0].copy()
        gaps[:, 0] = new_row[gaps[:, 0]]
        pairs = new_row[self.aliases]
        columns = {
            name: getattr(self, name)[index]
            for name in ("lower", "upper", "size", "alignment", "offset",
                         "region_lower", "region_upper", "bank")
        }  # fmt: skip
        return replace(
            self,
            **columns,
            gaps=gaps,
            aliases=pairs[(pairs >= 0).all(axis=1)],
            names=None if self.names is None else tuple(self.names[i] for i in index),
        )

    @staticmethod
    def from_buffers(
        buffers: Iterable[Buffer],
        capacity: int | None = None,
        banks: Sequence[Bank] | None = None,
    ) -> Problem:
        """Checks buffers and lays them out in columns.

        Args:
            buffers: the buffers, ids unique.
            capacity: bytes of the only bank; None: to be found.
            banks: several memories instead, preferred one first.

        Raises:
            ProblemError: a value is out of its range, or an id is given twice or unknown.
        """
        items = tuple(buffers)
        memories = _memories(capacity, banks)
        index = _index_of_ids([b.id for b in items])
        bank_index = {bank.name: i for i, bank in enumerate(memories)}
        gaps = [(i, g.lower, g.upper, g.size) for i, b in enumerate(items) for g in b.gaps]
        return Problem.from_arrays(
            lower=_column(items, "lower"),
            upper=_column(items, "upper"),
            size=_column(items, "size"),
            alignment=_column(items, "alignment"),
            offset=_checked([NO_OFFSET if b.offset is None else _not_negative(b) for b in items]),
            region_lower=_checked([0 if b.region is None else b.region[0] for b in items]),
            region_upper=_checked([LIMIT if b.region is None else b.region[1] for b in items]),
            bank=[_find(bank_index, b.bank, b.id, "bank") for b in items],
            gaps=_checked(gaps).reshape(-1, 4),
            aliases=_alias_rows(items, index),
            banks=memories,
            names=tuple(b.id for b in items),
        )

    @staticmethod
    def from_arrays(
        lower: npt.ArrayLike,
        upper: npt.ArrayLike,
        size: npt.ArrayLike,
        capacity: int | None = None,
        *,
        alignment: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
        region_lower: npt.ArrayLike | None = None,
        region_upper: npt.ArrayLike | None = None,
        bank: npt.ArrayLike | None = None,
        gaps: npt.ArrayLike | None = None,
        aliases: npt.ArrayLike | None = None,
        banks: Sequence[Bank] | None = None,
        names: Sequence[str] | None = None,
    ) -> Problem:
        """Checks columns, one value a buffer; see the attributes for what each holds.

        Raises:
            ProblemError: a value is out of its range or the columns differ in length.
        """
        first = _int64("lower", lower)
        count = len(first)
        problem = Problem(
            lower=first,
            upper=_int64("upper", upper, count),
            size=_int64("size", size, count),
            alignment=_int64("alignment", alignment, count, default=1),
            offset=_int64("offset", offset, count, default=NO_OFFSET),
            region_lower=_int64("region_lower", region_lower, count, default=0),
            region_upper=_int64("region_upper", region_upper, count, default=LIMIT),
            bank=_int64("bank", bank, count, default=ANY_BANK),
            gaps=_rows("gaps", gaps, 4),
            aliases=_rows("aliases", aliases, 2),
            banks=_memories(capacity, banks),
            names=None if names is None else tuple(names),
        )
        _check(problem)
        return problem


def _memories(capacity: int | None, banks: Sequence[Bank] | None) -> tuple[Bank, ...]:
    if banks is not None and capacity is not None:
        raise ProblemError(
            "both a capacity and banks are given", "give each bank its own capacity instead"
        )
    memories = tuple(banks) if banks is not None else (Bank("main", capacity),)
    if not memories:
        raise ProblemError("a problem needs at least one bank")
    if len({bank.name for bank in memories}) < len(memories):
        raise ProblemError("two banks have the same name", "give each bank a name of its own")
    for bank in memories:
        if bank.capacity is not None:
            _check_capacity(bank.name, bank.capacity)
        if not bank.spill_cost >= 0:
            raise ProblemError(f"bank {bank.name!r} has the spill cost {bank.spill_cost}")
    return memories


def _check_capacity(name: str, capacity: int) -> None:
    if not 0 < capacity <= LIMIT:
        raise ProblemError(
            f"bank {name!r} has a capacity of {capacity} bytes",
            f"a capacity is between 1 and {LIMIT}",
        )


def _not_negative(buffer: Buffer) -> int:
    assert buffer.offset is not None
    if buffer.offset < 0:
        raise ProblemError(
            f"buffer {buffer.id!r} has the fixed offset {buffer.offset}", "offsets start at 0"
        )
    return buffer.offset


def _column(items: Sequence[Buffer], name: str) -> Ints:
    return _checked([getattr(item, name) for item in items])


def _checked(values: Sequence[object]) -> Ints:
    try:
        return np.asarray(values, dtype=np.int64)
    except OverflowError as error:
        raise ProblemError(
            "a number does not fit into 64 bits", f"times and bytes stay below {LIMIT}"
        ) from error
    except (TypeError, ValueError) as error:
        raise ProblemError(f"not a whole number: {error}") from error


def _int64(
    name: str, values: npt.ArrayLike | None, count: int | None = None, default: int | None = None
) -> Ints:
    if values is None:
        assert default is not None
        assert count is not None
        return np.full(count, default, dtype=np.int64)
    column = np.asarray(values)
    if column.size and column.dtype.kind not in "iu":
        raise ProblemError(
            f"column {name!r} holds {column.dtype}, not whole numbers", "pass an integer array"
        )
    if column.dtype == np.uint64 and column.size and column.max() > LIMIT:
        raise ProblemError(f"column {name!r} holds a number above {LIMIT}")
    if column.ndim != 1 or (count is not None and len(column) != count):
        raise ProblemError(
            f"column {name!r} has the shape {column.shape}", "every column has one value a buffer"
        )
    return np.ascontiguousarray(column, dtype=np.int64)


def _rows(name: str, values: npt.ArrayLike | None, columns: int) -> Ints:
    if values is None:
        return _none_rows(columns)
    rows = np.asarray(values)
    if rows.size == 0:
        return _none_rows(columns)
    if rows.ndim != 2 or rows.shape[1] != columns or rows.dtype.kind not in "iu":
        raise ProblemError(f"{name!r} must be whole numbers of shape (rows, {columns})")
    return np.ascontiguousarray(rows, dtype=np.int64)


def _index_of_ids(ids: Sequence[str]) -> dict[str, int]:
    index: dict[str, int] = {}
    for i, name in enumerate(ids):
        if index.setdefault(name, i) != i:
            raise ProblemError(
                f"buffer id {name!r} is given twice", "ids are unique; rename one of the two"
            )
    return index


def _find(index: dict[str, int], name: str | None, owner: str, what: str) -> int:
    if name is None:
        return ANY_BANK
    if name not in index:
        raise ProblemError(
            f"buffer {owner!r} names the unknown {what} {name!r}",
            f"known: {', '.join(sorted(index)[:10])}",
        )
    return index[name]


def _alias_rows(items: Sequence[Buffer], index: dict[str, int]) -> Ints:
    pairs = set()
    for i, item in enumerate(items):
        for name in item.aliases:
            j = _find(index, name, item.id, "alias")
            pairs.add((min(i, j), max(i, j)))
    return _checked(sorted(pairs)).reshape(-1, 2)


def _check(problem: Problem) -> None:
    """Raises ProblemError for the first value out of range."""
    count = len(problem)
    if problem.names is not None:
        if len(problem.names) != count:
            raise ProblemError(f"{len(problem.names)} ids for {count} buffers")
        _index_of_ids(problem.names)
    _check_columns(problem)
    _check_gaps(problem)
    _check_aliases(problem)


def _check_columns(p: Problem) -> None:
    def refuse(bad: npt.NDArray[np.bool_], what: str, hint: str) -> None:
        if bad.any():
            i = int(np.argmax(bad))
            raise ProblemError(f"buffer {p.id(i)!r} {what}", hint)

    refuse(p.lower < 0, "is live before time 0", "the first time step is 0; shift all times")
    outside = (p.lower > LIMIT) | (np.abs(p.upper) > LIMIT)
    refuse(outside, "is live at a time out of range", f"times stay below {LIMIT}")
    refuse(
        p.upper <= p.lower,
        "has a lifetime that ends before it begins (or is empty)",
        "lifetimes are half-open: lower < upper",
    )
    refuse(p.size <= 0, "has no bytes", "a size is at least 1; leave empty buffers out")
    refuse(p.size > LIMIT, "is too large", f"sizes stay below {LIMIT} bytes")
    if p.size.sum(dtype=np.float64) > LIMIT:
        raise ProblemError("the sizes together overflow", f"they must stay below {LIMIT} bytes")
    power = (p.alignment > 0) & ((p.alignment & (p.alignment - 1)) == 0)
    refuse(~power, "has an alignment that is not a power of two", "use 1, 2, 4, 8, ...")
    refuse(p.alignment > LIMIT // 2, "has an alignment out of range", "")
    refuse(p.offset > LIMIT, "has a fixed offset out of range", "")
    refuse(p.offset < NO_OFFSET, "has a negative fixed offset", "offsets start at 0")
    given = p.offset != NO_OFFSET
    refuse(
        given & (p.offset % p.alignment != 0),
        "has a fixed offset that its alignment forbids",
        "make the offset a multiple of the alignment",
    )
    refuse(p.region_lower < 0, "has a region that begins below 0", "offsets start at 0")
    refuse(p.region_upper > LIMIT, "has a region out of range", "")
    refuse(
        p.region_upper - p.region_lower < p.size,
        "does not fit into its region",
        "a region is [first offset, past the last) and at least as long as the buffer",
    )
    refuse(
        given & ((p.offset < p.region_lower) | (p.offset + p.size > p.region_upper)),
        "has a fixed offset outside its region",
        "drop one of the two",
    )
    refuse((p.bank < ANY_BANK) | (p.bank >= len(p.banks)), "names an unknown bank", "")


def _check_gaps(p: Problem) -> None:
    if not len(p.gaps):
        return
    owner, lower, upper, size = p.gaps.T
    if ((owner < 0) | (owner >= len(p))).any():
        raise ProblemError("a gap names a buffer that does not exist")
    bad = (lower >= upper) | (lower < p.lower[owner]) | (upper > p.upper[owner])
    bad |= (size < 0) | (size > p.size[owner])
    if bad.any():
        i = int(owner[np.argmax(bad)])
        raise ProblemError(
            f"buffer {p.id(i)!r} has a gap outside its lifetime or larger than itself",
            "gaps are half-open sub-intervals of [lower, upper) with 0 <= size <= the buffer's",
        )
    order = np.lexsort((lower, owner))
    same = owner[order][1:] == owner[order][:-1]
    clash = same & (lower[order][1:] < upper[order][:-1])
    if clash.any():
        i = int(owner[order][1:][np.argmax(clash)])
        raise ProblemError(f"buffer {p.id(i)!r} has two gaps that overlap")


def _check_aliases(p: Problem) -> None:
    if not len(p.aliases):
        return
    if ((p.aliases < 0) | (p.aliases >= len(p))).any():
        raise ProblemError("an alias names a buffer that does not exist")
    if (p.aliases[:, 0] == p.aliases[:, 1]).any():
        raise ProblemError("a buffer names itself as its alias")
