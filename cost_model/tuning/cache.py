"""Remembers choices between runs, by kernel, device and XLA version."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from pathlib import Path

from cost_model.measure import machine
from cost_model.tile import Tile
from cost_model.tuning.choice import Choice
from mlgo import paths

_LOCATIONS = re.compile(r'\s*loc\("[^"]*"[^)]*\)|#loc.*|module @[\w.\-<>]+')


def folder() -> Path:
    """Where choices are: a small JSON file each."""
    return paths.home() / "tiles"


def key(stablehlo: str, version: str, measure: int, model: str) -> str:
    """Identifies a question: the module without names, this device, XLA, and how it is asked.

    Args:
        stablehlo: the module.
        version: of XLA.
        measure: how many tiles would be measured.
        model: identifies the ranker.
    """
    device = json.dumps(machine.describe(), sort_keys=True)
    parts = (_LOCATIONS.sub("", stablehlo), device, version, str(measure), model)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def load(name: str) -> Choice | None:
    """Returns a remembered choice; None if there is none, or it cannot be read."""
    try:
        value = json.loads((folder() / f"{name}.json").read_text())
        tile = Tile.parse(value["tile"]) if value["tile"] else None
        products = tuple((b, m, k, n) for b, m, k, n in value["products"])
        times = {str(name): int(ns) for name, ns in value["times_ns"].items()}
        return Choice(tile, "cached", products, times)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def save(name: str, choice: Choice) -> None:
    """Remembers a choice; a folder that cannot be written costs the memory, nothing else."""
    value = {
        "tile": str(choice.tile) if choice.tile else "",
        "products": choice.products,
        "times_ns": choice.times_ns,
    }
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = folder() / f"{name}.{os.getpid()}.partial"
        partial.write_text(json.dumps(value))
        partial.replace(folder() / f"{name}.json")
