"""Learns to prefer the eviction that costs less: a score for each slot from pairs of slots."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import gin
import numpy as np
import tensorflow as tf

from mlgo.errors import UserError
from mlgo.perceptron import untrained
from mlgo.regalloc.explore import Alternatives
from mlgo.regalloc.weights import EvictionWeights, Interface
from mlgo.weights_file import Floats


@gin.configurable
@dataclass(frozen=True)
class Preference:
    """Hyperparameters.

    Attributes:
        layers: sizes of the hidden layers.
        default_weight: how far the network must disagree to overrule LLVM's default.
        clip: relative change of a function's cost above which it counts no more.
        hotness: exponent of the function's share of the program's cost in the weight of a pair; 0:
            a function counts the same however seldom it runs.
        epochs: passes over the pairs.
        batch: pairs a step.
        learning_rate: of AdamW, at the beginning; falls to 0 by a cosine.
        weight_decay: of AdamW.
        seed: of initial weights and order.
    """

    layers: tuple[int, ...] = (16,)
    default_weight: float = 1.0
    clip: float = 0.05
    hotness: float = 0.25
    epochs: int = 30
    batch: int = 256
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    seed: int = 0


def initial_weights(interface: Interface, inputs: Floats, config: Preference) -> EvictionWeights:
    """Returns a policy that decides as LLVM's default: its last layer is zero.

    Args:
        interface: what the compiler tells.
        inputs: float32 (n, interface.inputs), from which mean and deviation are taken.
        config: layers, default_weight and seed are used.
    """
    layers = untrained(inputs.mean(axis=0), inputs.std(axis=0), config.layers, config.seed)
    return EvictionWeights(
        interface=interface, **layers._asdict(), default_weight=config.default_weight
    )


def prefer(
    config: Preference,
    explored: Sequence[Alternatives],
    shares: Sequence[Floats],
    folder: Path,
    progress: Callable[[int, float], None] = lambda epoch, loss: None,
) -> EvictionWeights:
    """Learns from alternatives; resumes from the last finished epoch in `folder`.

    Args:
        config: hyperparameters.
        explored: alternatives of modules, of the same compiler.
        shares: float32 (n,) for each, the function's share of its program's cost.
        folder: for checkpoints.
        progress: called after each epoch with its number and mean loss.

    Raises:
        UserError: there is nothing to learn from, or compilers differ.
    """
    interfaces = {part.interface for part in explored}
    if len(interfaces) != 1:
        raise UserError("the explorations are of compilers with different features")
    chosen = np.concatenate([part.chosen for part in explored])
    tried = np.concatenate([part.tried for part in explored])
    start = initial_weights(interfaces.pop(), np.concatenate([chosen, tried]), config)
    chosen, tried = ((x - start.mean) / start.deviation for x in (chosen, tried))
    change = np.concatenate([part.change for part in explored])
    edge = np.concatenate([p.tried_default.astype(np.float32) - p.chosen_default for p in explored])
    weight = np.minimum(np.abs(change), config.clip) * np.concatenate(shares) ** config.hotness
    used = weight > 0
    if not used.any():
        raise UserError("no alternative changes a function's cost: nothing to learn from")
    columns = (chosen, tried, edge * config.default_weight, np.sign(-change), weight)
    pairs = [np.asarray(column[used], np.float32) for column in columns]
    pairs[-1] /= pairs[-1].mean()
    return _fit(config, start, pairs, folder, progress)


def _fit(
    config: Preference,
    start: EvictionWeights,
    pairs: list[Floats],
    folder: Path,
    progress: Callable[[int, float], None],
) -> EvictionWeights:
    tf.config.experimental.enable_op_determinism()
    kernels = [tf.Variable(kernel) for kernel in start.kernels]
    biases = [tf.Variable(bias) for bias in start.biases]
    variables = [*kernels, *biases]
    count = len(pairs[0])
    steps = -(-count // config.batch)
    schedule = tf.keras.optimizers.schedules.CosineDecay(
        config.learning_rate, steps * config.epochs
    )
    optimizer = tf.keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay)
    optimizer.build(variables)

    def score(x: tf.Tensor) -> tf.Tensor:
        for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
            x = tf.tanh(x @ kernel + bias)
        return (x @ kernels[-1] + biases[-1])[:, 0]

    @tf.function(reduce_retracing=True)  # type: ignore[misc]
    def step(*batch: tf.Tensor) -> tf.Tensor:
        chosen, tried, edge, better, weight = batch
        with tf.GradientTape() as tape:
            margin = score(tried) - score(chosen) + edge
            loss = tf.reduce_mean(weight * tf.nn.softplus(-better * margin))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    epoch = tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(variables=variables, optimizer=optimizer, epoch=epoch)
    manager = tf.train.CheckpointManager(checkpoint, str(folder / "checkpoints"), max_to_keep=1)
    checkpoint.restore(manager.latest_checkpoint)
    while int(epoch) < config.epochs:
        order = np.random.default_rng([config.seed, int(epoch)]).permutation(count)
        losses = [
            float(step(*(tf.constant(column[rows]) for column in pairs)))
            for rows in np.array_split(order, steps)
        ]
        epoch.assign_add(1)
        manager.save()
        progress(int(epoch), float(np.mean(losses)))
    return dataclasses.replace(
        start,
        kernels=tuple(kernel.numpy() for kernel in kernels),
        biases=tuple(bias.numpy() for bias in biases),
    )
