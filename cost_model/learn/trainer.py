"""The training loop that both networks share: seeded, resumable, validated as it goes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import gin
import numpy as np
import tensorflow as tf

from cost_model.kernel import Floats, Kernel
from cost_model.learn import losses
from cost_model.learn.batches import Batch, epoch
from cost_model.learn.checkpoints import Checkpoints
from cost_model.metrics import quality
from mlgo.train.progress import Progress


@gin.configurable
@dataclass(frozen=True)
class Training:
    """Hyperparameters of a training.

    Attributes:
        epochs: passes over the kernels.
        kernels: of a batch.
        tiles: of a kernel in a batch, at most.
        learning_rate: of Adam, at the beginning.
        decay: whether the learning rate falls to 0 by a cosine.
        weight_decay: of AdamW.
        clip: the gradient's largest norm; 0 for any.
        list_mle, pairwise, error: weights of the losses.
        sharpness: factor of score differences in the pairwise loss.
        top: how fast a pair's weight falls with its distance from the best tile.
        validate_every: epochs.
        keep_best: whether the epoch that does best on validation kernels is kept, or the last.
        seed: of weights and order.
    """

    epochs: int = 100
    kernels: int = 16
    tiles: int = 64
    learning_rate: float = 2e-3
    decay: bool = True
    weight_decay: float = 1e-3
    clip: float = 0.0
    list_mle: float = 0.0
    pairwise: float = 1.0
    error: float = 1.0
    sharpness: float = 10.0
    top: float = 1.0
    validate_every: int = 10
    keep_best: bool = False
    seed: int = 0


class Model(Protocol):
    """What the loop trains."""

    trainable_variables: Any

    def inputs(self, kernel: Kernel, rows: Any) -> dict[str, Any]:
        """What `scores` takes."""

    def scores(self, inputs: dict[str, Any], training: bool) -> Any:
        """(members, b, c)."""

    def kernel_weights(self, index: Any) -> Any:
        """(members, b)."""

    def predict(self, kernel: Kernel) -> Floats:
        """(c,)."""


def train(
    model: Model,
    config: Training,
    kernels: Sequence[Kernel],
    validation: Sequence[Kernel],
    folder: Path,
    progress: Progress,
) -> None:
    """Trains a model in place; goes on from the last validated epoch in `folder`.

    Args:
        model: with its initial weights.
        config: hyperparameters.
        kernels: to learn from.
        validation: to watch, and to choose the epoch by if `config.keep_best`.
        folder: for checkpoints and `curve.json`.
        progress: told what happens.

    Raises:
        UserError: a checkpoint cannot be written or read.
    """
    tf.config.experimental.enable_op_determinism()
    tf.random.set_seed(config.seed)
    steps = -(-len(kernels) // config.kernels)
    optimizer = _optimizer(config, steps)
    optimizer.build(model.trainable_variables)
    checkpoints = Checkpoints(model.trainable_variables, optimizer, folder)
    done = int(checkpoints.epoch)
    if done:
        progress.note(f"goes on after epoch {done}")
    step = _step(model, config, optimizer)
    with progress.bar(f"training {folder.name}", config.epochs) as count:
        for _ in range(done):
            count()
        for number in range(done, config.epochs):
            batches = epoch(
                kernels, model.inputs, config.kernels, config.tiles, [config.seed, number]
            )
            loss = float(np.mean([float(step(*_tensors(batch))) for batch in batches]))
            checkpoints.epoch.assign_add(1)
            count()
            if (number + 1) % config.validate_every == 0 or number + 1 == config.epochs:
                found = _validate(model, validation, number + 1, loss, folder)
                progress.note(_line(found))
                if config.keep_best and found["score"] > float(checkpoints.best):
                    checkpoints.keep(found["score"])
                checkpoints.save()
    if config.keep_best:
        checkpoints.take_best()


def _optimizer(config: Training, steps: int) -> Any:
    rate: Any = config.learning_rate
    if config.decay:
        rate = tf.keras.optimizers.schedules.CosineDecay(rate, max(1, steps * config.epochs))
    return tf.keras.optimizers.AdamW(
        rate, weight_decay=config.weight_decay, clipnorm=config.clip or None
    )


def _step(model: Model, config: Training, optimizer: Any) -> Any:
    def step(inputs: Any, labels: Any, mask: Any, index: Any) -> Any:
        with tf.GradientTape() as tape:
            scores = model.scores(inputs, training=True)
            each = _loss(config, scores, labels[None], mask[None])
            loss = tf.reduce_mean(each * model.kernel_weights(index))
            if hasattr(model, "penalty"):
                loss += model.penalty()
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return tf.function(step, reduce_retracing=True)


def _loss(config: Training, scores: Any, labels: Any, mask: Any) -> Any:
    labels = tf.broadcast_to(labels, tf.shape(scores))
    mask = tf.broadcast_to(mask, tf.shape(scores))
    loss = tf.zeros(tf.shape(scores)[:-1])
    if config.list_mle:
        loss += config.list_mle * losses.list_mle(scores, labels, mask)
    if config.pairwise:
        loss += config.pairwise * losses.pairwise(
            scores, labels, mask, config.sharpness, config.top
        )
    if config.error:
        loss += config.error * losses.centred_error(scores, labels, mask, config.top)
    return loss


def _tensors(batch: Batch) -> tuple[Any, Any, Any, Any]:
    inputs = {name: tf.constant(array) for name, array in batch.inputs.items()}
    return inputs, tf.constant(batch.labels), tf.constant(batch.mask), tf.constant(batch.index)


def _validate(
    model: Model, kernels: Sequence[Kernel], done: int, loss: float, folder: Path
) -> dict[str, float]:
    found = [quality(kernel.config_runtime, model.predict(kernel)) for kernel in kernels]
    means = {
        name: float(np.nanmean([getattr(q, name) for q in found])) if found else 0.0
        for name in ("top1", "top5", "tau")
    }
    row = {"epoch": float(done), "loss": loss, **means}
    row["score"] = means["tau"] - means["top1"] - means["top5"]
    with (folder / "curve.json").open("a") as file:
        file.write(json.dumps(row) + "\n")
    return row


def _line(row: dict[str, float]) -> str:
    return (
        f"epoch {row['epoch']:.0f}: loss {row['loss']:.4f}; validation top-1 {row['top1']:.2%},"
        f" top-5 {row['top5']:.2%}, tau {row['tau']:.3f}"
    )
