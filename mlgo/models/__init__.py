"""The policies that ship: weights, object files made ahead of time, and a model card each."""

from __future__ import annotations

from pathlib import Path

from mlgo.errors import UserError

_FOLDER = Path(__file__).parent


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


def object_file(policy: str, machine: str) -> Path:
    """Returns the ahead-of-time compiled model.

    Args:
        policy: its name.
        machine: as `platform.machine()` says, "x86_64" or "aarch64".
    """
    return folder(policy) / f"model-{machine}.o"
