"""The inlining policy as a TensorFlow module, for export and for the parity check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf

from mlgo.inlining.features import DEFAULT_DECISION
from mlgo.inlining.scope import SCOPE_FEATURES
from mlgo.inlining.weights import Weights


def saved_model(weights: Weights, folder: Path) -> None:
    """Writes a SavedModel with the signature `action`.

    Inputs: one int64 tensor of shape (1,) for each feature, by its name. Outputs:
    `inlining_decision` int64 (1,) and `logit` float32 (1,).
    """
    module = PolicyModule(weights)
    tf.saved_model.save(module, str(folder), signatures={"action": module.action})


class PolicyModule(tf.Module):  # type: ignore[misc]
    """Evaluates `Weights` in TensorFlow; see mlgo.inlining.weights for the formula."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self._weights = weights
        self.action = tf.function(self._action, input_signature=None).get_concrete_function(
            **{name: tf.TensorSpec((1,), tf.int64, name) for name in weights.features}
        )

    def _action(self, **features: tf.Tensor) -> dict[str, tf.Tensor]:
        columns = [features[name] for name in self._weights.features]
        logit = self.logits(tf.stack(columns, axis=1))
        return {"inlining_decision": tf.cast(logit > 0, tf.int64), "logit": logit}

    def logits(self, x: Any) -> tf.Tensor:
        """Returns float32 (n,) for int64 (n, features)."""
        weights = self._weights
        values = numbers = tf.cast(x, tf.float32)
        values = tf.sign(values) * tf.math.log1p(tf.abs(values))
        activation = (values - weights.mean) / weights.deviation
        for index, (kernel, bias) in enumerate(zip(weights.kernels, weights.biases, strict=True)):
            activation = tf.matmul(activation, tf.constant(kernel)) + bias
            if index + 1 < len(weights.kernels):
                activation = tf.tanh(activation)
        default = tf.gather(x, weights.features.index(DEFAULT_DECISION), axis=1) != 0
        sign = tf.where(default, 1.0, -1.0)
        correction = tf.where(self._in_scope(numbers), activation[:, 0], 0.0)
        return correction + tf.constant(weights.default_weight, tf.float32) * sign

    def _in_scope(self, numbers: tf.Tensor) -> tf.Tensor:
        size, calls, mangled = (
            tf.gather(numbers, self._weights.features.index(name), axis=1)
            for name in SCOPE_FEATURES
        )
        scope = self._weights.scope
        limit = tf.where(mangled != 0, scope.most_calls, scope.most_plain_calls)
        return (size <= scope.most_instructions) & (calls <= limit)
