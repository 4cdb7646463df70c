"""The model that ranks when none is named."""

from __future__ import annotations

from pathlib import Path

from cost_model.baselines.analytical import analytical_scores
from cost_model.rank import predictor
from cost_model.tuning.choice import Ranker
from cost_model.weights import load_weights


def load_ranker(model: Path | None) -> tuple[str, Ranker]:
    """Returns what identifies a model, and the model.

    Args:
        model: weights of `cost-model train`; None for the analytical model.

    Raises:
        UserError: the file is missing or malformed.
    """
    if model is None:
        return "analytical", analytical_scores
    weights = load_weights(model)
    return weights.sha256, predictor(weights)
