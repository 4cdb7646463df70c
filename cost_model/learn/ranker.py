"""Our model: an ensemble of perceptrons over what each tile makes the hardware do.

A tile's score depends on its kernel and on itself, not on the other candidates: rankings of
different candidate lists agree, and tiles can be scored in chunks of any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gin
import numpy as np
import tensorflow as tf

from cost_model.features.vector import kernel_table
from cost_model.kernel import Floats, Kernel
from cost_model.learn.batches import Array
from cost_model.weights import CLIP, Weights


@gin.configurable
@dataclass(frozen=True)
class RankerConfig:
    """The network's shape.

    Attributes:
        layers: sizes of the hidden layers.
        members: networks whose mean decides.
        dropout: share of hidden units left out in training.
        bagging: share of kernels that a member learns from.
        without: features whose names begin with one of these are left out, for ablations.
    """

    layers: tuple[int, ...] = (64, 64)
    members: int = 4
    dropout: float = 0.0
    bagging: float = 0.8
    without: tuple[str, ...] = ()


class Ranker(tf.Module):  # type: ignore[misc]
    """The trainable ensemble; see cost_model.weights for the formula."""

    def __init__(self, config: RankerConfig, kernels: Sequence[Kernel], seed: int) -> None:
        """Fits the standardization to the training kernels and draws initial weights."""
        super().__init__()
        self._config = config
        table = kernel_table(kernels[0])
        kept = [not name.startswith(config.without) for name in table.names]
        self._columns = np.flatnonzero(np.array(kept) if config.without else np.ones_like(kept))
        self._names = tuple(table.names[i] for i in self._columns)
        self._cache: dict[str, Floats] = {}
        mean, deviation = self._statistics(kernels)
        self._mean, self._deviation = mean, deviation
        rng = np.random.default_rng([seed, 1])
        self.kernels, self.biases = [], []
        inputs = len(self._names)
        for outputs in (*config.layers, 1):
            # He et al., 2015; the last layer starts small, so that the skip path leads.
            scale = np.sqrt(2.0 / inputs) if outputs > 1 else 0.1 / np.sqrt(inputs)
            drawn = rng.standard_normal((config.members, inputs, outputs)) * scale
            self.kernels.append(tf.Variable(drawn.astype(np.float32)))
            self.biases.append(tf.Variable(tf.zeros((config.members, outputs))))
            inputs = outputs
        self.skip = tf.Variable(tf.zeros((config.members, len(self._names))))
        drawn = np.random.default_rng([seed, 2]).random((config.members, len(kernels)))
        self._bags = tf.constant((drawn < config.bagging).astype(np.float32))

    def inputs(self, kernel: Kernel, rows: Array) -> dict[str, Array]:
        """What `scores` takes, of some tiles of one kernel."""
        return {"values": self._values(kernel)[rows]}

    def scores(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """float32 (members, b, c), lower is faster."""
        hidden = z = tf.clip_by_value(inputs["values"], -CLIP, CLIP)
        hidden = tf.tile(z[None], [self._config.members, 1, 1, 1])
        for index, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            hidden = tf.einsum("mbcf,mfo->mbco", hidden, kernel) + bias[:, None, None]
            if index + 1 < len(self.kernels):
                hidden = tf.nn.relu(hidden)
                if training and self._config.dropout:
                    hidden = tf.nn.dropout(hidden, self._config.dropout)
        return hidden[..., 0] + tf.einsum("bcf,mf->mbc", z, self.skip)

    def kernel_weights(self, index: Any) -> Any:
        """float32 (members, b): which member learns from which kernel."""
        return tf.gather(self._bags, index, axis=1)

    def predict(self, kernel: Kernel) -> Floats:
        """float32 (c,), lower is faster."""
        return self.export().scores(kernel_table(kernel).values[:, self._columns])

    def export(self) -> Weights:
        """The weights as they are now."""
        return Weights(
            self._names,
            self._mean,
            self._deviation,
            tuple(kernel.numpy() for kernel in self.kernels),
            tuple(bias.numpy() for bias in self.biases),
            self.skip.numpy(),
        )

    def _values(self, kernel: Kernel) -> Floats:
        if kernel.name not in self._cache:
            values = kernel_table(kernel).values[:, self._columns]
            self._cache[kernel.name] = (values - self._mean) / self._deviation
        return self._cache[kernel.name]

    def _statistics(self, kernels: Sequence[Kernel]) -> tuple[Floats, Floats]:
        """Mean and deviation with equal weight to each kernel; constants have deviation 1."""
        tables = [kernel_table(kernel).values[:, self._columns] for kernel in kernels]
        mean = np.mean([t.mean(axis=0, dtype=np.float64) for t in tables], axis=0)
        square = np.mean([((t - mean) ** 2).mean(axis=0) for t in tables], axis=0)
        deviation = np.sqrt(square)
        deviation[deviation < 1e-5] = 1.0
        return mean.astype(np.float32), deviation.astype(np.float32)
