"""Plans read back: CSV with an `offset` column, as minimalloc writes it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import numpy as np

from telamalloc.errors import FormatError
from telamalloc.problem import ANY_BANK, Problem
from telamalloc.solution import Solution, Status


def parse_csv(text: str, problem: Problem, source: str = "plan") -> Solution:
    """Reads the columns `id`, `offset` and, if it is there, `placed_bank`."""
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
    bank = header.index("placed_bank") if "placed_bank" in header else None
    placed: dict[str, tuple[int, str | None]] = {}
    for row in rows[1:]:
        if len(row) != len(header):
            raise FormatError(f"{source}: a line of {len(row)} cells, the first has {len(header)}")
        try:
            at = int(row[offset])
        except ValueError:
            raise FormatError(f"{source}: the offset of {row[name]!r} is {row[offset]!r}") from None
        placed[row[name].strip()] = (at, None if bank is None else row[bank].strip())
    return solution_of(problem, placed, source)


def solution_of(
    problem: Problem, placed: Mapping[str, tuple[int, str | None]], source: str
) -> Solution:
    """Offsets and bank names by id, as a solution; its status says nothing of its validity.

    Raises:
        FormatError: other buffers than the problem's, or an unknown bank.
    """
    ids = [problem.id(row) for row in range(len(problem))]
    strangers = sorted(set(placed) - set(ids)) or sorted(set(ids) - set(placed))
    if strangers:
        raise FormatError(
            f"{source} and the problem do not have the same buffers, e.g. {strangers[0]!r}"
        )
    offsets = np.array([placed[name][0] for name in ids], np.int64)
    if len(offsets) and offsets.max() >= 2**62:
        raise FormatError(f"{source}: an offset is out of range")
    number = {bank.name: i for i, bank in enumerate(problem.banks)}
    banks = []
    for row, name in enumerate(ids):
        bank = placed[name][1]
        own = int(problem.bank[row])
        if bank is not None and bank not in number:
            raise FormatError(f"{source}: unknown bank {bank!r}", f"known: {', '.join(number)}")
        banks.append(number[bank] if bank is not None else 0 if own == ANY_BANK else own)
    return Solution.of(problem, Status.SOLVED, offsets, np.array(banks, np.int64))
