"""The model that ranks when none is named."""

from __future__ import annotations

from pathlib import Path

from cost_model.rank import predictor
from cost_model.tuning.choice import Ranker
from cost_model.weights import load_weights


def load_ranker(model: Path | None) -> tuple[str, Ranker]:
    """Returns what identifies a model, and the model.

    Args:
        model: weights of `cost-model train`; None for the shipped ones.

    Raises:
        UserError: the file is missing or malformed.
    """
    weights = load_weights(model or _SHIPPED)
    return weights.sha256, predictor(weights)
