"""Evaluations of register allocation as JSON, and back; the schema is `regalloc.schema.json`."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from mlgo.errors import UserError
from mlgo.evaluate.document import from_json
from mlgo.evaluate.regalloc_result import RegallocEvaluation, totals

FORMAT = 1


def to_json(evaluation: RegallocEvaluation) -> str:
    """Returns an evaluation as JSON, with its totals: same evaluation, same bytes."""
    document = {
        "format": FORMAT,
        "problem": "regalloc",
        **asdict(evaluation),
        "totals": [asdict(total) for total in totals(evaluation)],
    }
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n"


def read_evaluation(path: Path) -> RegallocEvaluation:
    """Reads what `to_json` wrote.

    Raises:
        UserError: there is no such file, or it is not an evaluation of this format.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if (raw["format"], raw["problem"]) != (FORMAT, "regalloc"):
            raise UserError(f"{path} is no evaluation of register allocation of format {FORMAT}")
        evaluation: RegallocEvaluation = from_json(RegallocEvaluation, raw)
        return evaluation
    except FileNotFoundError as error:
        raise UserError(f"no evaluation at {path}", hint="mlgo evaluate regalloc --json") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not an evaluation: {error}") from error


def schema() -> dict[str, Any]:
    """Returns the JSON Schema (draft 7) of the documents."""
    text = resources.files("mlgo.evaluate").joinpath("regalloc.schema.json").read_text()
    loaded: dict[str, Any] = json.loads(text)
    return loaded
