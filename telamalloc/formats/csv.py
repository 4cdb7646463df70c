"""CSV as google/minimalloc reads and writes it.

Columns, in any order: id, lower, upper, size; and, where needed, alignment, offset (the
answer), fixed_offset, region_lower, region_upper, bank, gaps (`lower-upper` or
`lower-upper@0:size`, separated by blanks), aliases (ids separated by blanks).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from telamalloc.errors import FormatError
from telamalloc.problem import Bank, Buffer, Gap, Problem
from telamalloc.solution import Solution

_NEEDED = ("id", "lower", "upper", "size")
_KNOWN = (
    *_NEEDED, "alignment", "offset", "fixed_offset", "region_lower", "region_upper", "bank",
    "gaps", "aliases",
)  # fmt: skip
# Older minimalloc files say `start` and `end`, as other tools do.
_SYNONYMS = {"buffer_id": "id", "buffer": "id", "start": "lower", "end": "upper"}


def read(path: Path, capacity: int | None = None) -> Problem:
    """Reads a problem.

    Args:
        path: the file; a number before `.csv`, as in `A.1048576.csv`, is the capacity in bytes.
        capacity: overrides the file name.

    Raises:
        FormatError: not such a file.
        ProblemError: a value is out of its range.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise FormatError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not text", "CSV in UTF-8") from error
    return parse(text, capacity if capacity is not None else capacity_of(path), str(path))


def capacity_of(path: Path) -> int | None:
    """The capacity in a file's name, `NAME.CAPACITY.csv`."""
    match = re.search(r"\.(\d+)\.csv$", path.name)
    return int(match.group(1)) if match else None


def parse(text: str, capacity: int | None = None, source: str = "input") -> Problem:
    """Reads a problem from the text of a CSV file; see `read`."""
    table = csv.reader(io.StringIO(text))
    try:
        rows = [(table.line_num, row) for row in table if row]
    except csv.Error as error:
        raise FormatError(f"{source}:{table.line_num}: {error}") from error
    if not rows:
        raise FormatError(f"{source} is empty", f"the first line names: {','.join(_NEEDED)}")
    columns = _columns(rows[0][1], source)
    if len(rows) == 1:
        raise FormatError(f"{source} has no buffers", "one line for each follows the first")
    if set(columns) - {"offset"} <= {*_NEEDED, "alignment"}:
        return _plain(rows[1:], columns, capacity, source)
    return _rich(rows[1:], columns, capacity, source)


def _columns(header: list[str], source: str) -> dict[str, int]:
    names = [_SYNONYMS.get(name.strip().lower(), name.strip().lower()) for name in header]
    for name in _NEEDED:
        if name not in names:
            raise FormatError(
                f"{source}: no column {name!r}", f"the first line names: {','.join(_NEEDED)}"
            )
    unknown = [name for name in names if name not in _KNOWN]
    if unknown or len(set(names)) < len(names):
        wrong = f"unknown column {unknown[0]!r}" if unknown else "a column is named twice"
        raise FormatError(f"{source}: {wrong}", f"known columns: {', '.join(_KNOWN)}")
    return {name: i for i, name in enumerate(names)}


def _plain(
    rows: list[tuple[int, list[str]]], columns: dict[str, int], capacity: int | None, source: str
) -> Problem:
    """The common case, without an object for each buffer."""
    width = len(columns)
    for line, row in rows:
        _check_width(row, width, f"{source}:{line}")
    wanted = [name for name in (*_NEEDED[1:], "alignment") if name in columns]
    values = {
        name: np.array(
            [_number(row[columns[name]] or ("1" if name == "alignment" else ""),
                     name, f"{source}:{line}") for line, row in rows],
            dtype=np.int64,
        )
        for name in wanted
    }  # fmt: skip
    return Problem.from_arrays(
        values["lower"],
        values["upper"],
        values["size"],
        capacity,
        alignment=values.get("alignment"),
        names=[row[columns["id"]].strip() for _, row in rows],
    )


def _rich(
    rows: list[tuple[int, list[str]]], columns: dict[str, int], capacity: int | None, source: str
) -> Problem:
    buffers = []
    for line, row in rows:
        where = f"{source}:{line}"
        _check_width(row, len(columns), where)
        cells = {name: row[i].strip() for name, i in columns.items()}
        buffers.append(_buffer({k: v for k, v in cells.items() if v}, where))
    named = sorted({b.bank for b in buffers if b.bank is not None})
    banks = [Bank(name, capacity if i == 0 else None) for i, name in enumerate(named)]
    if banks:
        return Problem.from_buffers(buffers, banks=banks)
    return Problem.from_buffers(buffers, capacity)


def _check_width(row: list[str], width: int, where: str) -> None:
    if len(row) != width:
        raise FormatError(
            f"{where}: {len(row)} cells, the first line has {width}",
            "one cell for each column; quote cells that contain a comma",
        )


def _buffer(cells: Mapping[str, str], where: str) -> Buffer:
    def number(name: str) -> int | None:
        return _number(cells[name], name, where) if name in cells else None

    def needed(name: str) -> int:
        return _number(cells.get(name, ""), name, where)

    region = None
    first, last = number("region_lower"), number("region_upper")
    if last is not None:
        region = (first or 0, last)
    elif first is not None:
        raise FormatError(f"{where}: region_lower without region_upper")
    return Buffer(
        id=cells.get("id", ""),
        lower=needed("lower"),
        upper=needed("upper"),
        size=needed("size"),
        alignment=number("alignment") or 1,
        offset=number("fixed_offset"),
        region=region,
        bank=cells.get("bank"),
        gaps=tuple(_gap(text, where) for text in cells.get("gaps", "").split()),
        aliases=tuple(cells.get("aliases", "").split()),
    )


def _number(text: str, name: str, where: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise FormatError(
            f"{where}: {name} is {text.strip()!r}", f"{name} is a whole number"
        ) from None
    if abs(value) >= 2**63:
        raise FormatError(
            f"{where}: {name} {value} does not fit into 64 bits", "count in larger units"
        )
    return value


def _gap(text: str, where: str) -> Gap:
    match = re.fullmatch(r"(-?\d+)-(-?\d+)(?:@(\d+):(\d+))?", text)
    if not match:
        raise FormatError(f"{where}: gap {text!r}", "write lower-upper or lower-upper@0:size")
    lower, upper, first, size = match.groups()
    if first is not None and int(first) != 0:
        raise FormatError(
            f"{where}: gap {text!r} keeps bytes that do not start at the buffer's first",
            "only lower-upper@0:size is supported",
        )
    return Gap(int(lower), int(upper), int(size or 0))


def write(problem: Problem, solution: Solution | None = None) -> str:
    """A problem, with the offsets of a solution where one is given, as the text of a CSV file."""
    optional = _used(problem)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow([*_NEEDED, *optional, *(["offset"] if solution else [])])
    for i in range(len(problem)):
        row = [problem.id(i), problem.lower[i], problem.upper[i], problem.size[i]]
        if optional:
            cells = _cells(problem.buffer(i))
            row += [cells[name] for name in optional]
        if solution:
            row.append(solution.offsets[i])
        table.writerow(row)
    return out.getvalue()


def _cells(b: Buffer) -> dict[str, str]:
    gaps = [f"{g.lower}-{g.upper}" + (f"@0:{g.size}" if g.size else "") for g in b.gaps]
    return {
        "alignment": str(b.alignment),
        "fixed_offset": "" if b.offset is None else str(b.offset),
        "region_lower": "" if b.region is None else str(b.region[0]),
        "region_upper": "" if b.region is None else str(b.region[1]),
        "bank": b.bank or "",
        "gaps": " ".join(gaps),
        "aliases": " ".join(b.aliases),
    }


def _used(p: Problem) -> list[str]:
    """The optional columns that this problem needs, in a fixed order."""
    limit = 2**61
    used = {
        "alignment": bool((p.alignment != 1).any()),
        "fixed_offset": bool((p.offset >= 0).any()),
        "region_lower": bool((p.region_lower > 0).any() or (p.region_upper < limit).any()),
        "region_upper": bool((p.region_lower > 0).any() or (p.region_upper < limit).any()),
        "bank": bool((p.bank >= 0).any()),
        "gaps": bool(len(p.gaps)),
        "aliases": bool(len(p.aliases)),
    }
    return [name for name, is_used in used.items() if is_used]
