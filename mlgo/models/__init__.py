"""The policies that ship: weights, object files made ahead of time, and a model card each."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from mlgo.errors import UserError

_FOLDER = Path(__file__).parent
#: What a policy may have beside its model: an order of allocation, a choice of passes. The files
#: are `NAME.mlgo` and `NAME-MACHINE.o`, and the card tells of it under its name.
HELPERS = ("priority", "passes")


def names() -> list[str]:
    """Returns the names of the shipped policies."""
    return sorted(card.parent.name for card in _FOLDER.glob("*/card.json"))


def folder(policy: str) -> Path:
    """Returns the folder of a shipped policy.

    Raises:
        UserError: there is no such policy.
    """
    if policy not in names():
        raise UserError(f"no policy named {policy!r}", hint=f"there are: {', '.join(names())}")
    return folder_for(policy)


def folder_for(policy: str) -> Path:
    """Returns where a policy is kept, or would be."""
    return _FOLDER / policy


def weights_file(policy: str) -> Path:
    """Returns the weights, for the plugin's `file` policy and for further training."""
    return folder(policy) / "weights.mlgo"


def priority_file(policy: str) -> Path:
    """Returns the weights of the order of allocation, which policies of registers may have."""
    return folder(policy) / "priority.mlgo"


def passes_file(policy: str) -> Path:
    """Returns the weights of the choice of passes, which policies for size may have."""
    return folder(policy) / "passes.mlgo"


def object_file(policy: str, machine: str) -> Path:
    """Returns the ahead-of-time compiled model.

    Args:
        policy: its name.
        machine: as `platform.machine()` says, "x86_64" or "aarch64".
    """
    return folder(policy) / f"model-{machine}.o"


def object_files(policy: str, machine: str) -> list[Path]:
    """Returns all that a plugin with a policy holds: the model, and its helpers, if any."""
    model = object_file(policy, machine)
    helpers = [model.with_name(f"{name}-{machine}.o") for name in HELPERS]
    return [model, *(path for path in helpers if path.exists())]


def problem(policy: str) -> str:
    """Returns what a shipped policy decides about: "inlining" or "regalloc".

    Raises:
        UserError: there is no such policy.
    """
    return str(_card(policy)["problem"])


def caution(policy: str) -> str:
    """Returns what to know before building with a policy; empty if there is nothing.

    Args:
        policy: a shipped policy's name, or several joined by "+".
    """
    return "; ".join(filter(None, map(_caution, policy.split("+"))))


def _caution(name: str) -> str:
    card = _card(name)
    changes = [math.log1p(_change(row)) for row in card["held_out"] if not row.get("error")]
    if changes and math.fsum(changes) < 0:
        return str(card.get("caution", ""))
    figures = f"no gain on held-out programs: mlgo models show {name}"
    return f"{name} is experimental ({figures if changes else 'not measured on held-out programs'})"


def _card(policy: str) -> dict[str, Any]:
    return dict(json.loads((folder(policy) / "card.json").read_text()))


def _change(row: dict[str, Any]) -> float:
    if "weighted_cost" in row:
        return float(row["weighted_cost"])
    return float(row["linked"]["change"]) if row["linked"] else 0.0
