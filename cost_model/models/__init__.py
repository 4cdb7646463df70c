"""The cost models that ship: weights, object files made ahead of time, and a card each."""

from __future__ import annotations

from pathlib import Path

from mlgo.errors import UserError

DEFAULT = "xla-cpu-gemm"
_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Returns the names of the shipped models."""
    return sorted(card.parent.name for card in _FOLDER.glob("*/card.json"))


def folder_for(model: str) -> Path:
    """Returns where a model is kept, or would be."""
    return _FOLDER / model


def folder(model: str = DEFAULT) -> Path:
    """Returns the folder of a shipped model.

    Raises:
        UserError: there is no such model.
    """
    if model not in names():
        raise UserError(f"no cost model named {model!r}", hint=f"there are: {', '.join(names())}")
    return folder_for(model)


def weights_file(model: str = DEFAULT) -> Path:
    """Returns a model's weights, for ranking from Python."""
    return folder(model) / "weights.ranker"


def object_file(machine: str, model: str = DEFAULT) -> Path:
    """Returns a model compiled ahead of time, to link into a program.

    Args:
        machine: as `platform.machine()` says, "x86_64" or "aarch64".
        model: its name.
    """
    return folder(model) / f"model-{machine}.o"
