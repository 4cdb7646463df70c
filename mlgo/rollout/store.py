"""Explorations on disk: one .npz file a module, without pickle, written atomically."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from mlgo.errors import UserError
from mlgo.rollout.explore import Exploration, Sizes


def save_exploration(path: Path, exploration: Exploration) -> None:
    """Writes an exploration; the folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    names = ("sizes", "changes", "callee_changes")
    text = json.dumps({name: getattr(exploration, name) for name in names}, sort_keys=True)
    with partial.open("wb") as file:
        np.savez_compressed(
            file,
            features=exploration.features,
            decisions=exploration.decisions,
            logits=exploration.logits,
            callees=exploration.callees,
            sizes=np.frombuffer(text.encode(), np.uint8),
        )
    partial.rename(path)


def load_exploration(path: Path) -> Exploration:
    """Reads an exploration.

    Raises:
        UserError: the file is missing or malformed.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            text = json.loads(arrays["sizes"].tobytes())
            return Exploration(
                features=arrays["features"],
                decisions=arrays["decisions"],
                logits=arrays["logits"],
                callees=arrays["callees"],
                sizes=text["sizes"],
                changes=_by_index(text["changes"]),
                callee_changes=_by_index(text["callee_changes"]),
            )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        hint = "delete it; the next run explores the module again"
        raise UserError(f"{path} is no exploration: {error}", hint=hint) from error


def _by_index(changes: dict[str, Sizes]) -> dict[int, Sizes]:
    return {int(index): sizes for index, sizes in changes.items()}
