"""The eviction policy as a TensorFlow module, for export and for the parity check."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from mlgo.regalloc.weights import EvictionWeights, Interface


def tensors(interface: Interface) -> list[tuple[str, str, tuple[int, ...]]]:
    """Returns name, LLVM type and shape of the network's inputs, in feed order."""

    def of_type(name: str) -> str:
        return "int64_t" if name in interface.integers else "float"

    slots = [(n, of_type(n), (1, interface.width)) for n in interface.slot_features]
    rest = [(n, of_type(n), (1,)) for n in interface.global_features]
    return [*slots, *rest, ("default_choice", "int64_t", (1,))]


def saved_model(weights: EvictionWeights, folder: Path) -> None:
    """Writes a SavedModel with the signature `action`.

    Inputs: see `tensors`. Output: `scores` float32 (1, width).
    """
    module = EvictionModule(weights)
    tf.saved_model.save(module, str(folder), signatures={"action": module.action})


class EvictionModule(tf.Module):  # type: ignore[misc]
    """Evaluates `EvictionWeights` in TensorFlow; see mlgo.regalloc.weights for the formula."""

    def __init__(self, weights: EvictionWeights) -> None:
        super().__init__()
        self._weights = weights
        types = {"int64_t": tf.int64, "float": tf.float32}
        self.action = tf.function(self._action).get_concrete_function(
            **{n: tf.TensorSpec(s, types[t], n) for n, t, s in tensors(weights.interface)}
        )

    def _action(self, **features: tf.Tensor) -> dict[str, tf.Tensor]:
        weights, interface = self._weights, self._weights.interface
        slots = tf.range(interface.width, dtype=tf.int64)
        default = tf.cast(slots == features["default_choice"], tf.float32)
        last = tf.cast(slots == interface.width - 1, tf.float32)
        own = [squash(features[name][0]) for name in interface.slot_features]
        table = tf.stack([*own, default, last])  # (features, width)
        rest = [squash(features[name]) for name in interface.global_features]
        shared = tf.concat([table[:, -1], *rest], axis=0)[:, None]
        # The slots' inputs below each other, the question's beside them in one column.
        count = table.shape[0]
        activation = (table - weights.mean[:count, None]) / weights.deviation[:count, None]
        shared = (shared - weights.mean[count:, None]) / weights.deviation[count:, None]
        first = weights.kernels[0]
        offset = tf.reduce_sum(shared * first[count:], axis=0)[:, None]
        activation = _apply(first[:count], activation) + offset + weights.biases[0][:, None]
        for kernel, bias in zip(weights.kernels[1:], weights.biases[1:], strict=True):
            activation = _apply(kernel, tf.tanh(activation)) + bias[:, None]
        return {"scores": activation + weights.default_weight * default[None, :]}


def _apply(kernel: object, activation: tf.Tensor) -> tf.Tensor:
    # Not a matrix product: XLA would call a library that the plugin does not have.
    return tf.reduce_sum(tf.constant(kernel)[:, :, None] * activation[:, None, :], axis=0)


def squash(x: tf.Tensor) -> tf.Tensor:
    """Compresses numbers of any magnitude, as `mlgo.perceptron.squash` does."""
    values = tf.cast(x, tf.float32)
    values = tf.where(tf.math.is_finite(values), values, 0.0)
    return tf.sign(values) * tf.math.log1p(tf.abs(values))
