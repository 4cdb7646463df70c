"""The model that ranks, in one of its forms."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cost_model import models
from cost_model.library import Library
from cost_model.rank import predictor
from cost_model.tuning.ranking import Ranker
from cost_model.weights import load_weights


@dataclass(frozen=True)
class Model:
    """A loaded model.

    Attributes:
        sha256: identifies it.
        ranker: scores a kernel's tiles.
    """

    sha256: str
    ranker: Ranker


def load_model(model: Path | None) -> Model:
    """Loads a model.

    Args:
        model: weights of `cost-model train`, a shared library of `cost-model export` (.so), or
            None for the shipped weights.

    Raises:
        UserError: the file is missing or malformed.
    """
    path = model or models.weights_file()
    if path.suffix == ".so":
        library = Library(path)
        return Model(hashlib.sha256(path.read_bytes()).hexdigest(), library.scores)
    weights = load_weights(path)
    return Model(weights.sha256, predictor(weights))
