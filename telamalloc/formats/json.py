"""JSON: problems in and out, plans out and in.

A problem:

    {"banks": [{"name": "sram", "capacity": 65536, "spill_cost": 0.0}],
     "buffers": [{"id": "a", "lower": 0, "upper": 3, "size": 4096, "alignment": 16,
                  "offset": 0, "region": [0, 8192], "bank": "sram",
                  "gaps": [{"lower": 1, "upper": 2, "size": 0}], "aliases": ["b"]}]}

`capacity` may stand in place of `banks`; of a buffer only id, lower, upper and size are needed.
A plan has `status`, and for each buffer its `id`, `offset` and `bank`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from telamalloc.errors import FormatError
from telamalloc.formats.plan import Placed
from telamalloc.problem import Bank, Buffer, Gap, Problem
from telamalloc.solution import Solution

_DEFAULTS: dict[str, Any] = {
    "alignment": 1, "offset": None, "region": None, "bank": None, "gaps": (), "aliases": (),
}  # fmt: skip


def parse_problem(text: str, capacity: int | None = None, source: str = "input") -> Problem:
    """Reads a problem.

    Args:
        text: the file's text.
        capacity: of the preferred bank, in bytes; overrides what the file says.
        source: the file's name, for errors.

    Raises:
        FormatError: not such a file.
        ProblemError: a value is out of its range.
    """
    root = _load(text, source)
    _check_keys(root, {"capacity", "banks", "buffers"}, source)
    buffers = [
        _buffer(entry, f"{source}: buffer {i}") for i, entry in _list(root, "buffers", source)
    ]
    banks = [_bank(entry, f"{source}: bank {i}") for i, entry in _list(root, "banks", source)]
    if banks:
        problem = Problem.from_buffers(buffers, _whole(root, "capacity", source, None), banks)
        return problem if capacity is None else problem.with_capacity(capacity)
    given = _whole(root, "capacity", source, None)
    return Problem.from_buffers(buffers, given if capacity is None else capacity)


def write_problem(problem: Problem) -> str:
    """A problem as JSON; what is at its default is left out."""
    banks = [{f.name: getattr(bank, f.name) for f in fields(bank)} for bank in problem.banks]
    root = {"banks": banks, "buffers": [_entry(buffer) for buffer in problem.buffers]}
    return json.dumps(root, indent=1) + "\n"


def write_plan(problem: Problem, solution: Solution) -> str:
    """A plan as JSON: status, peaks, bound, and an offset and a bank for each buffer."""
    names = [bank.name for bank in problem.banks]
    placed = zip(solution.offsets.tolist(), solution.banks.tolist(), strict=True)
    root = {
        "status": solution.status.value,
        "peaks": dict(zip(names, solution.peaks, strict=True)),
        "lower_bound": solution.lower_bound,
        "optimal": solution.optimal,
        "buffers": [
            {"id": problem.id(row), "offset": offset if offset >= 0 else None, "bank": names[bank]}
            for row, (offset, bank) in enumerate(placed)
        ],
    }
    return json.dumps(root, indent=1) + "\n"


def parse_plan(text: str, source: str = "plan") -> Placed:
    """Reads a plan: offset and bank by id; -1 for a buffer without an offset.

    Raises:
        FormatError: not such a file.
    """
    placed: Placed = {}
    for i, entry in _list(_load(text, source), "buffers", source):
        where = f"{source}: buffer {i}"
        offset = _whole(entry, "offset", where, None)
        bank = entry.get("bank")
        if bank is not None and not isinstance(bank, str):
            raise FormatError(f"{where}: bank is no text")
        name = _text(entry, "id", where)
        if name in placed:
            raise FormatError(f"{where}: id {name!r} is given twice")
        placed[name] = (-1 if offset is None else offset, bank)
    return placed


def _load(text: str, source: str) -> Mapping[str, Any]:
    try:
        root = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise FormatError(f"{source} is not JSON: {error}", "is the file whole?") from error
    if not isinstance(root, dict):
        raise FormatError(f"{source} holds no object", 'it should begin with {"buffers": [')
    return root


def _list(root: Mapping[str, Any], key: str, source: str) -> list[tuple[int, Mapping[str, Any]]]:
    entries = root.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FormatError(
            f"{source}: {key!r} is not a list of objects", f'write "{key}": [{{...}}, ...]'
        )
    if key == "buffers" and key not in root:
        raise FormatError(f"{source} has no 'buffers'", 'it should begin with {"buffers": [')
    return list(enumerate(entries))


def _check_keys(entry: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(entry) - known)
    if unknown:
        raise FormatError(
            f"{where}: unknown key {unknown[0]!r}", f"known: {', '.join(sorted(known))}"
        )


_NEEDED = object()


def _whole(entry: Mapping[str, Any], key: str, where: str, default: Any = _NEEDED) -> Any:
    value = entry.get(key, default)
    if value is _NEEDED:
        raise FormatError(f"{where}: no {key!r}")
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise FormatError(f"{where}: {key} is {value!r}", f"{key} is a whole number")
    return value


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise FormatError(f"{where}: {key!r} is missing or no text")
    return value


def _bank(entry: Mapping[str, Any], where: str) -> Bank:
    _check_keys(entry, {f.name for f in fields(Bank)}, where)
    cost = entry.get("spill_cost", 0.0)
    if not isinstance(cost, int | float):
        raise FormatError(f"{where}: spill_cost is {cost!r}")
    return Bank(_text(entry, "name", where), _whole(entry, "capacity", where, None), float(cost))


def _buffer(entry: Mapping[str, Any], where: str) -> Buffer:
    _check_keys(entry, {f.name for f in fields(Buffer)}, where)
    region, bank, aliases = entry.get("region"), entry.get("bank"), entry.get("aliases", [])
    if region is not None and not (
        isinstance(region, list) and len(region) == 2 and all(type(x) is int for x in region)
    ):
        raise FormatError(f"{where}: region is {region!r}", "write [first offset, past the last]")
    if not isinstance(aliases, list) or not all(isinstance(name, str) for name in aliases):
        raise FormatError(f"{where}: aliases is not a list of ids")
    if bank is not None and not isinstance(bank, str):
        raise FormatError(f"{where}: bank is no text")
    return Buffer(
        id=_text(entry, "id", where),
        lower=_whole(entry, "lower", where),
        upper=_whole(entry, "upper", where),
        size=_whole(entry, "size", where),
        alignment=_whole(entry, "alignment", where, 1),
        offset=_whole(entry, "offset", where, None),
        region=None if region is None else (region[0], region[1]),
        bank=bank,
        gaps=tuple(_gap(gap, where) for _, gap in _list(entry, "gaps", where)),
        aliases=tuple(aliases),
    )


def _gap(entry: Mapping[str, Any], where: str) -> Gap:
    _check_keys(entry, {f.name for f in fields(Gap)}, f"{where}: gap")
    return Gap(
        _whole(entry, "lower", where),
        _whole(entry, "upper", where),
        _whole(entry, "size", where, 0),
    )


def _entry(buffer: Buffer) -> dict[str, Any]:
    entry = {f.name: getattr(buffer, f.name) for f in fields(buffer)}
    entry["gaps"] = tuple(
        {f.name: getattr(gap, f.name) for f in fields(gap)} for gap in buffer.gaps
    )
    return {key: value for key, value in entry.items() if _DEFAULTS.get(key, _NEEDED) != value}
