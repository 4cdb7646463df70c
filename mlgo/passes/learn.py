"""Learns from what passes are worth when to skip them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import gin
import numpy as np
import tensorflow as tf

from mlgo.errors import UserError
from mlgo.passes.explore import Worths
from mlgo.passes.weights import FEATURES, PASSES, PassWeights
from mlgo.perceptron import ensemble, squash, untrained
from mlgo.weights_file import Floats


@gin.configurable
@dataclass(frozen=True)
class PassLearning:
    """Hyperparameters.

    Attributes:
        members: networks whose mean decides; they become one wider network.
        layers: sizes of the hidden layers.
        clip: bytes above which a function counts no more.
        steps: of AdamW, over everything.
        learning_rate: at the beginning; falls to 0 by a cosine.
        weight_decay: of AdamW.
        seed: of the first member's initial weights; the others have the next ones.
    """

    members: int = 5
    layers: tuple[int, ...] = (16,)
    clip: float = 64.0
    steps: int = 3000
    learning_rate: float = 1e-2
    weight_decay: float = 1e-2
    seed: int = 0


def learn(config: PassLearning, programs: Sequence[Worths]) -> PassWeights:
    """Fits a network to the signs of what is saved; a function counts by its bytes.

    Args:
        config: hyperparameters.
        programs: each counts as much as any other.

    Raises:
        UserError: there is nothing to learn from.
    """
    parts = [_examples(config, worths) for worths in programs]
    x, better, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    if not weight.any():
        raise UserError("no pass changes a function's size: nothing to learn from")
    members = []
    for seed in range(config.seed, config.seed + config.members):
        start = untrained(x.mean(axis=0), x.std(axis=0), config.layers, seed)
        weights = PassWeights(features=FEATURES, **start._asdict())
        z = (x - weights.mean) / weights.deviation
        members.append(_fit(config, weights, z, better, weight))
    return ensemble(members)


def _examples(config: PassLearning, worths: Worths) -> tuple[Floats, Floats, Floats]:
    """A row for each function and pass: inputs, whether to skip (1 or -1), weight."""
    function = np.repeat(worths.features, len(PASSES), axis=0)
    asked = np.tile(np.eye(len(PASSES), dtype=np.float32), (len(worths.features), 1))
    saved = worths.saved.reshape(-1)
    weight = np.minimum(np.abs(saved), config.clip)
    used = weight > 0
    weight = weight / max(1.0, float(weight.sum()))
    x = squash(np.concatenate([function, asked], axis=1))
    return x[used], np.sign(saved)[used], weight[used]


def _fit(
    config: PassLearning, start: PassWeights, x: Floats, better: Floats, weight: Floats
) -> PassWeights:
    tf.config.experimental.enable_op_determinism()
    kernels = [tf.Variable(kernel) for kernel in start.kernels]
    biases = [tf.Variable(bias) for bias in start.biases]
    variables = [*kernels, *biases]
    schedule = tf.keras.optimizers.schedules.CosineDecay(config.learning_rate, config.steps)
    optimizer = tf.keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay)
    optimizer.build(variables)
    inputs, sign, share = (tf.constant(a) for a in (x, better, weight / weight.sum()))

    @tf.function  # type: ignore[misc]
    def step() -> None:
        with tf.GradientTape() as tape:
            hidden = inputs
            for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
                hidden = tf.tanh(hidden @ kernel + bias)
            score = (hidden @ kernels[-1] + biases[-1])[:, 0]
            loss = tf.reduce_sum(share * tf.nn.softplus(-sign * score))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    for _ in range(config.steps):
        step()
    return dataclasses.replace(
        start,
        kernels=tuple(kernel.numpy() for kernel in kernels),
        biases=tuple(bias.numpy() for bias in biases),
    )
