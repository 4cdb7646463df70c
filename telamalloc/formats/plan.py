"""Plans read back: CSV with an `offset` column, as minimalloc writes it."""

from __future__ import annotations

import csv
import io

import numpy as np

from telamalloc.errors import FormatError
from telamalloc.problem import ANY_BANK, LIMIT, Problem
from telamalloc.solution import Solution, Status

Placed = dict[str, tuple[int, str | None]]  # id -> offset in bytes, -1 for none; bank's name


def parse_csv(text: str, source: str = "plan") -> Placed:
    """Reads the columns `id` and `offset`; others are ignored.

    Raises:
        FormatError: not such a file.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
    except csv.Error as error:
        raise FormatError(f"{source}: {error}") from error
    header = [name.strip().lower() for name in rows[0]] if rows else []
    missing = [name for name in ("id", "offset") if name not in header]
    if missing:
        raise FormatError(
            f"{source} has no column {missing[0]!r}", "a plan names for each id its offset in bytes"
        )
    name, offset = header.index("id"), header.index("offset")
    placed: Placed = {}
    for row in rows[1:]:
        if len(row) != len(header):
            raise FormatError(f"{source}: a line of {len(row)} cells, the first has {len(header)}")
        key = row[name].strip()
        if key in placed:
            raise FormatError(f"{source}: id {key!r} is given twice")
        try:
            placed[key] = (int(row[offset]), None)
        except ValueError:
            raise FormatError(f"{source}: the offset of {key!r} is {row[offset]!r}") from None
    return placed


def solution_of(problem: Problem, placed: Placed, source: str) -> Solution:
    """A plan as a solution; its status says nothing of its validity.

    A buffer without a bank is in the one that it is bound to, or in the preferred one.

    Raises:
        FormatError: other buffers than the problem's, or an unknown bank.
    """
    ids = [problem.id(row) for row in range(len(problem))]
    strangers = sorted(set(placed) ^ set(ids))
    if strangers:
        raise FormatError(
            f"{source} and the problem do not have the same buffers, e.g. {strangers[0]!r}"
        )
    if any(abs(offset) > LIMIT for offset, _ in placed.values()):
        raise FormatError(f"{source}: an offset is out of range")
    offsets = np.array([placed[name][0] for name in ids], np.int64)
    numbers = {bank.name: i for i, bank in enumerate(problem.banks)}
    banks = np.where(problem.bank == ANY_BANK, 0, problem.bank)
    for row, name in enumerate(ids):
        bank = placed[name][1]
        if bank is not None:
            if bank not in numbers:
                raise FormatError(
                    f"{source}: unknown bank {bank!r}", f"known: {', '.join(numbers)}"
                )
            banks[row] = numbers[bank]
    return Solution.of(problem, Status.SOLVED, offsets, banks)
