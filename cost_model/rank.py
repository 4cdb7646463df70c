"""Ranks a kernel's tiles with a trained model, without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cost_model.features.vector import kernel_table
from cost_model.kernel import Floats, Kernel
from cost_model.weights import Weights, load_weights
from mlgo.errors import UserError


def predictor(weights: Weights) -> Callable[[Kernel], Floats]:
    """Returns a function from a kernel to float32 (c,) scores; lower is faster.

    Raises:
        UserError: from the function, when the model was trained on other features.
    """

    def predict(kernel: Kernel) -> Floats:
        table = kernel_table(kernel)
        places = {name: index for index, name in enumerate(table.names)}
        unknown = [name for name in weights.features if name not in places]
        if unknown:
            hint = "train it again: cost-model train DATA"
            raise UserError(f"the model needs the feature {unknown[0]!r}, which is gone", hint)
        columns = [places[name] for name in weights.features]
        return weights.scores(table.values[:, columns])

    return predict


def rank(kernel: Kernel, model: Path) -> list[int]:
    """Returns the indices of a kernel's tiles, fastest first.

    Raises:
        UserError: the model is missing or malformed.
    """
    scores = predictor(load_weights(model))(kernel)
    return [int(index) for index in np.argsort(scores, kind="stable")]
