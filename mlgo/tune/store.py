"""The state of a search on disk, written after every compile: a killed run loses one at most."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlgo.atomic import write_text
from mlgo.errors import UserError
from mlgo.rollout.explore import Sizes
from mlgo.tune.decisions import Decision, Key
from mlgo.tune.state import State

_DECISIONS = ("base", "best")


def save_state(path: Path, state: State) -> None:
    """Writes a state, atomically; the folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = {k: v for k, v in vars(state).items() if k not in _DECISIONS}
    for name in _DECISIONS:
        raw[name] = [(*d.key, d.inline, d.logit) for d in getattr(state, name)]
    write_text(path, json.dumps(raw, sort_keys=True))


def load_state(path: Path) -> State:
    """Reads a state.

    Raises:
        UserError: the file is malformed.
    """
    try:
        raw: dict[str, Any] = json.loads(path.read_text())
        raw["tried"] = dict(raw["tried"])
        raw["record"] = {kind: (tried, won) for kind, (tried, won) in raw["record"].items()}
        raw["code"] = {f: [(mask, size) for mask, size in t] for f, t in raw["code"].items()}
        for name in _DECISIONS:
            raw[name] = [Decision(Key(a, b, n), i, x) for a, b, n, i, x in raw[name]]
        return State(**raw)
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} is no state of a search: {error}", "delete it") from error


def save_sizes(path: Path, sizes: dict[str, Sizes]) -> None:
    """Writes module name -> function sizes."""
    write_text(path, json.dumps(sizes, sort_keys=True))


def load_sizes(path: Path) -> dict[str, Sizes]:
    """Reads what `save_sizes` wrote."""
    loaded: dict[str, Sizes] = json.loads(path.read_text())
    return loaded
