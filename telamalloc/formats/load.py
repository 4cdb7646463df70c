"""Problems and plans from files of any kind that is known, told apart by what they hold."""

from __future__ import annotations

from pathlib import Path

from telamalloc.errors import FormatError
from telamalloc.formats import plan
from telamalloc.problem import Problem
from telamalloc.solution import Solution


def read_problem(path: Path, capacity: int | None = None) -> Problem:
    """Reads a problem from CSV, JSON, a `.tflite` model or XLA's buffer-assignment dump.

    Args:
        path: the file.
        capacity: of the preferred bank, in bytes; overrides what the file says.

    Raises:
        FormatError: it is none of these, or it is damaged.
        ProblemError: a value is out of its range.
    """
    data = read_bytes(path)
    if is_model(path, data):
        from telamalloc.formats.tflm.model import parse_model
        from telamalloc.formats.tflm.problem import tflm_problem

        return tflm_problem(parse_model(data), capacity).problem
    if data.startswith(b"BufferAssignment:"):
        from telamalloc.formats import xla

        return xla.read_dump(data.decode("utf-8", "replace"), str(path)).problem(capacity)
    if data.lstrip()[:1] == b"{":
        from telamalloc.formats import json

        return json.parse_problem(data.decode("utf-8", "replace"), capacity, str(path))
    from telamalloc.formats import csv

    return csv.read(path, capacity)


def read_plan(path: Path, problem: Problem) -> Solution:
    """Reads a plan for a problem from CSV or JSON; buffers are matched by id.

    Raises:
        FormatError: not a plan, or not this problem's.
    """
    return plan.solution_of(problem, _read_placed(path), str(path))


def read_offsets(path: Path) -> dict[str, int]:
    """Reads a plan's offsets by id, whatever the problem it was for; CSV or JSON.

    Raises:
        FormatError: not a plan.
    """
    placed = _read_placed(path)
    return {name: offset for name, (offset, _) in placed.items() if offset >= 0}


def is_model(path: Path, data: bytes) -> bool:
    """Whether a file is, or claims to be, a `.tflite` model."""
    return path.suffix == ".tflite" or data[4:8] == b"TFL3"


def _read_placed(path: Path) -> plan.Placed:
    try:
        text = read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not text", "a plan is CSV or JSON") from error
    if text.lstrip().startswith("{"):
        from telamalloc.formats import json

        return json.parse_plan(text, str(path))
    return plan.parse_csv(text, str(path))


def read_bytes(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        FormatError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise FormatError(f"cannot read {path}: {error.strerror}") from error
