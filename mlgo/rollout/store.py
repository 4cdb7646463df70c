"""Explorations on disk: one .npz file a module, without pickle, written atomically."""

from __future__ import annotations

import json
from pathlib import Path

from mlgo.rollout.arrays import from_text, read_arrays, save_arrays
from mlgo.rollout.explore import Exploration, Sizes


def save_exploration(path: Path, exploration: Exploration) -> None:
    """Writes an exploration; the folder is made."""
    names = ("sizes", "changes", "callee_changes")
    text = json.dumps({name: getattr(exploration, name) for name in names}, sort_keys=True)
    numbers = ("features", "decisions", "logits", "callees")
    arrays = {name: getattr(exploration, name) for name in numbers}
    save_arrays(path, {**arrays, "sizes": from_text(text)})


def load_exploration(path: Path) -> Exploration:
    """Reads an exploration.

    Raises:
        UserError: the file is missing or malformed.
    """
    with read_arrays(path, "is no exploration") as arrays:
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


def _by_index(changes: dict[str, Sizes]) -> dict[int, Sizes]:
    return {int(index): sizes for index, sizes in changes.items()}
