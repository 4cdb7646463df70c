"""The weights of an inlining policy: a small perceptron that corrects LLVM's own decision.

    logit = correction + default_weight * (+1 if default else -1)
    correction = MLP((squash(x) - mean) / deviation), 0 out of scope (mlgo/inlining/scope.py)
    squash(x) = sign(x) log(1 + |x|)

A positive logit means: inline. The plugin's `file` policy reads the same file
(mlgo/plugin/FileModel.cc), of format `mlgo-mlp-3`: a network (mlgo/perceptron.py), default_weight,
most_instructions, most_calls, most_plain_calls.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgo.inlining.features import DEFAULT_DECISION
from mlgo.inlining.scope import SCOPE_FEATURES, Scope
from mlgo.perceptron import Perceptron, squash, take_layers
from mlgo.weights_file import Floats, encode, reading

FORMAT = "mlgo-mlp-3"


@dataclass(frozen=True, kw_only=True)
class Weights(Perceptron):
    """A policy's parameters: a network over squashed features.

    Attributes:
        features: names of the inputs, in order; `inlining_default` and those that the scope reads
            among them.
        default_weight: how far the network must disagree to overrule LLVM's default.
        scope: the calls that the network decides.
    """

    features: tuple[str, ...]
    default_weight: float
    scope: Scope

    def logits(self, x: NDArray[np.int64]) -> Floats:
        """Returns float32 (n,) for int64 features (n, features)."""
        default = x[:, self.features.index(DEFAULT_DECISION)] != 0
        correction = self.scope.holds(x, self.features) * self.outputs(squash(x))
        return np.asarray(correction + self.default_weight * np.where(default, 1, -1), np.float32)

    def to_bytes(self) -> bytes:
        """Returns the file's content."""
        header = {"format": FORMAT, "features": list(self.features), "layers": self.layers}
        return encode(header, [*self.arrays, self.default_weight, *dataclasses.astuple(self.scope)])


def load_weights(path: Path) -> Weights:
    """Reads a policy's weights.

    Raises:
        UserError: the file is missing or malformed.
    """
    with reading(path, FORMAT, "an inlining policy", "mlgo train inlining") as file:
        features = tuple(file.header["features"])
        for needed in (DEFAULT_DECISION, *SCOPE_FEATURES):
            if needed not in features:
                raise ValueError(f"it does not read the feature {needed}")
        layers = take_layers(file, len(features))
        default_weight, *limits = file.take(4).tolist()
        return Weights(
            features=features,
            **layers._asdict(),
            default_weight=default_weight,
            scope=Scope(*limits),
        )
