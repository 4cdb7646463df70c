"""Evaluations as JSON, and back; `inlining.schema.json` is the schema of format 1."""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, fields, is_dataclass
from importlib import resources
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from mlgo.atomic import write_text
from mlgo.errors import UserError
from mlgo.evaluate.result import Evaluation
from mlgo.evaluate.statistics import totals

FORMAT = 1


def to_json(evaluation: Evaluation) -> str:
    """Returns an evaluation as JSON, with its totals: same evaluation, same bytes."""
    document = {
        "format": FORMAT,
        "problem": "inlining",
        **asdict(evaluation),
        "totals": {name: asdict(total) for name, total in totals(evaluation).items()},
    }
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n"


def write_evaluation(evaluation: Evaluation, path: Path) -> None:
    """Writes an evaluation as JSON; the file is whole or untouched.

    Raises:
        OSError: the folder is not writable, or the disk is full.
    """
    write_text(path, to_json(evaluation))


def read_evaluation(path: Path) -> Evaluation:
    """Reads what `write_evaluation` wrote.

    Raises:
        UserError: there is no such file, or it is not an evaluation of this format.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if (raw["format"], raw["problem"]) != (FORMAT, "inlining"):
            raise UserError(f"{path} is not an evaluation of inlining of format {FORMAT}")
        evaluation: Evaluation = from_json(Evaluation, raw)
        return evaluation
    except FileNotFoundError as error:
        raise UserError(f"no evaluation at {path}", hint="mlgo evaluate inlining --json") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not an evaluation: {error}") from error


def schema() -> dict[str, Any]:
    """Returns the JSON Schema (draft 7) of the documents."""
    text = resources.files("mlgo.evaluate").joinpath("inlining.schema.json").read_text()
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def from_json(kind: Any, raw: Any) -> Any:
    """Makes a value of a result's type (dataclasses, tuples, optional values) from its JSON."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        written = [f for f in fields(kind) if f.name in raw or f.default is MISSING]
        return kind(**{f.name: from_json(hints[f.name], raw[f.name]) for f in written})
    if get_origin(kind) is tuple:
        return tuple(from_json(get_args(kind)[0], item) for item in raw)
    if get_origin(kind) in (Union, UnionType):
        return None if raw is None else from_json(get_args(kind)[0], raw)
    return raw
