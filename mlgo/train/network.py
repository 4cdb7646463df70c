"""The trainable form of `mlgo.inlining.weights.Weights`, as a tf-agents network."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tf_agents.networks import network
from tf_agents.specs import tensor_spec

from mlgo.inlining.features import DEFAULT_DECISION, FEATURES
from mlgo.inlining.scope import SCOPE_FEATURES, Scope
from mlgo.inlining.weights import Weights
from mlgo.perceptron import squash
from mlgo.weights_file import Floats

OBSERVATION_SPEC = tensor_spec.TensorSpec((len(FEATURES),), tf.float32, "squashed_features")
ACTION_SPEC = tensor_spec.BoundedTensorSpec((), tf.int64, 0, 1, "inlining_decision")


class PolicyNetwork(network.Network):  # type: ignore[misc]
    """Logits (batch, 2) of keeping and of inlining, from squashed features (batch, features).

    The logit of keeping is 0, so that the other one is the log-odds of inlining.

    Args:
        features: int64 (n, features), from which mean and deviation of the inputs are taken.
        layers: sizes of the hidden layers.
        default_weight: how far the network must disagree to overrule LLVM's default.
        scope: the calls that the network decides.
        seed: of the initial weights. The last layer begins at 0: the policy begins as the default.
    """

    def __init__(
        self,
        features: NDArray[np.int64],
        layers: tuple[int, ...],
        default_weight: float,
        scope: Scope,
        seed: int,
    ) -> None:
        super().__init__(OBSERVATION_SPEC, name="PolicyNetwork")
        values = squash(features)
        self._mean = values.mean(axis=0).astype(np.float32)
        self._deviation = np.maximum(values.std(axis=0), 1e-3).astype(np.float32)
        self._default_weight = default_weight
        self._scope = scope
        self._hidden = [
            tf.keras.layers.Dense(
                size,
                activation="tanh",
                kernel_initializer=tf.keras.initializers.GlorotUniform(seed=seed + index),
            )
            for index, size in enumerate(layers)
        ]
        self._last = tf.keras.layers.Dense(1, kernel_initializer="zeros")
        self.create_variables()

    def call(
        self,
        observation: Any,
        step_type: Any = None,
        network_state: Any = (),
        training: bool = False,
    ) -> tuple[tf.Tensor, Any]:
        """Returns logits and the unchanged network state."""
        activation = (observation - self._mean) / self._deviation
        for layer in self._hidden:
            activation = layer(activation)
        default = observation[:, FEATURES.index(DEFAULT_DECISION)] > 0
        correction = tf.where(self._in_scope(observation), self._last(activation)[:, 0], 0.0)
        logit = correction + self._default_weight * tf.where(default, 1.0, -1.0)
        return tf.stack([tf.zeros_like(logit), logit], axis=1), network_state

    def _in_scope(self, observation: Any) -> tf.Tensor:
        size, calls, mangled = (observation[:, FEATURES.index(name)] for name in SCOPE_FEATURES)
        plain, most = _above(self._scope.most_plain_calls), _above(self._scope.most_calls)
        limit = tf.where(mangled > 0, most, plain)
        return (size < _above(self._scope.most_instructions)) & (calls < limit)

    def export(self) -> Weights:
        """Returns the weights for the plugin."""
        layers = [*self._hidden, self._last]
        kernels: list[Floats] = [layer.kernel.numpy() for layer in layers]
        biases: list[Floats] = [layer.bias.numpy() for layer in layers]
        return Weights(
            features=FEATURES,
            mean=self._mean,
            deviation=self._deviation,
            kernels=tuple(kernels),
            biases=tuple(biases),
            default_weight=self._default_weight,
            scope=self._scope,
        )


def _above(count: float) -> float:
    """Between a count, as the features are squashed, and the next one."""
    return float(np.log1p(count + 0.5))
