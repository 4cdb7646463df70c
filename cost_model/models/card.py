"""Puts a trained model among the shipped ones: weights, objects for each machine, a card."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from cost_model import models
from cost_model.learn.run import load_run
from cost_model.weights import load_weights
from mlgo.errors import UserError
from mlgo.export.aot import TARGETS
from mlgo.process import head_commit

_CARD = "card.json"


def ship_model(training: Path, evaluation: Path, name: str, note: str) -> Path:
    """Copies the ranker of a training folder and compiles it for each machine.

    Args:
        training: of `cost-model train`.
        evaluation: the JSON file of `cost-model evaluate` on its test kernels.
        name: of the model.
        note: what else a user should know.

    Returns:
        The model's folder.

    Raises:
        UserError: the evaluation is of another model, or a step of the export failed.
    """
    from cost_model.export.graph import Shape
    from cost_model.export.library import build_object

    run = load_run(training)
    weights = load_weights(training / "ranker" / "weights.ranker")
    document = _read(evaluation)
    if weights.sha256 not in document["model"]:
        hint = "evaluate it first: cost-model evaluate DATA --training FOLDER"
        raise UserError(f"{evaluation} is of another model than {training}", hint)
    folder = models.folder_for(name)
    folder.mkdir(exist_ok=True)
    kept = folder / "weights.ranker"
    same = kept.exists() and load_weights(kept).sha256 == weights.sha256
    shutil.copyfile(training / "ranker" / "weights.ranker", kept)
    for target in TARGETS:
        output = folder / f"model-{target.split('-')[0]}.o"
        if not (same and output.exists()):
            build_object(weights, name, output, Shape(), target)
    kernels = {
        part: _families(getattr(run.split, part)) for part in ("train", "validation", "test")
    }
    files = [path for path in sorted(folder.iterdir()) if path.name != _CARD]
    card = {
        "name": name,
        "problem": "tile sizes of XLA:CPU's tiled GEMM emitter",
        "commit": head_commit(Path(__file__).parent),
        "note": note,
        "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "data": {"sha256": run.data_sha256, "kernels": kernels},
        "command": document["command"],
        "test": {
            "methods": document["methods"],
            "advantage": document["advantage"],
        },
        "configuration": (training / "config.gin").read_text().splitlines(),
    }
    (folder / _CARD).write_text(json.dumps(card, indent=1) + "\n")
    return folder


def _read(evaluation: Path) -> dict[str, Any]:
    try:
        document = json.loads(evaluation.read_text())
        return {key: document[key] for key in ("model", "command", "methods", "advantage")}
    except (ValueError, KeyError, TypeError) as error:
        hint = "give the JSON file of cost-model evaluate"
        raise UserError(f"{evaluation} is no evaluation: {error}", hint) from error


def _families(names: tuple[str, ...]) -> dict[str, int]:
    """How many kernels of each folder (model family) there are."""
    return dict(sorted(Counter(name.partition("/")[0] for name in names).items()))
