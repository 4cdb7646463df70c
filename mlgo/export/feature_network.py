"""A network over named features as a TensorFlow module, for export and the parity check."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from mlgo.passes.weights import PassWeights
from mlgo.regalloc.network import squash
from mlgo.regalloc.priority import PriorityWeights


def saved_feature_model(weights: PriorityWeights | PassWeights, output: str, folder: Path) -> None:
    """Writes a SavedModel with the signature `action`.

    Inputs: one float32 tensor of shape (1,) for each feature, by its name. Output: float32 (1,),
    of the name `output`.
    """
    module = FeatureModule(weights, output)
    tf.saved_model.save(module, str(folder), signatures={"action": module.action})


class FeatureModule(tf.Module):  # type: ignore[misc]
    """Evaluates a `mlgo.perceptron.Perceptron` of squashed features in TensorFlow."""

    def __init__(self, weights: PriorityWeights | PassWeights, output: str) -> None:
        super().__init__()
        self._weights, self._output = weights, output
        self.action = tf.function(self._action).get_concrete_function(
            **{name: tf.TensorSpec((1,), tf.float32, name) for name in weights.features}
        )

    def _action(self, **features: tf.Tensor) -> dict[str, tf.Tensor]:
        weights = self._weights
        values = squash(tf.concat([features[name] for name in weights.features], axis=0))
        activation = (values - weights.mean) / weights.deviation
        for index, (kernel, bias) in enumerate(zip(weights.kernels, weights.biases, strict=True)):
            # Not a matrix product: XLA would call a library that the plugin does not have.
            activation = tf.reduce_sum(tf.constant(kernel) * activation[:, None], axis=0) + bias
            if index + 1 < len(weights.kernels):
                activation = tf.tanh(activation)
        return {self._output: activation}
