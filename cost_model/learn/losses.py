"""Losses over the tiles of a kernel. Scores and labels are (..., c); lower is faster.

References:
    Xia et al., Listwise approach to learning to rank, ICML 2008: ListMLE.
    Burges et al., Learning to rank using gradient descent, ICML 2005: the pairwise loss.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

_FAR = 1e9


def list_mle(scores: Any, labels: Any, mask: Any) -> Any:
    """(...,): minus the log-likelihood, per tile, of the true order under Plackett-Luce."""
    order = tf.argsort(tf.where(mask, labels, _FAR), axis=-1, stable=True)
    sorted_scores = tf.gather(scores, order, batch_dims=len(order.shape) - 1)
    sorted_mask = tf.gather(mask, order, batch_dims=len(order.shape) - 1)
    logits = tf.where(sorted_mask, -sorted_scores, -_FAR)
    rest = tf.math.cumulative_logsumexp(logits, axis=-1, reverse=True)
    return _mean(tf.where(sorted_mask, rest - logits, 0.0), mask)


def pairwise(scores: Any, labels: Any, mask: Any, sharpness: float, top: float) -> Any:
    """(...,): logistic loss of each pair, weighted by how much its order matters.

    Args:
        scores: float32 (..., c).
        labels: float32 (..., c), log-times.
        mask: bool (..., c).
        sharpness: factor of score differences.
        top: how fast a pair's weight falls with the better tile's distance from the best.
    """
    gap = labels[..., :, None] - labels[..., None, :]
    said = scores[..., :, None] - scores[..., None, :]
    best = tf.reduce_min(tf.where(mask, labels, _FAR), axis=-1, keepdims=True)
    near = tf.exp(-top * tf.where(mask, labels - best, 0.0))
    # The row is the slower of the pair: the column's distance counts.
    weight = tf.where(gap > 0, tf.minimum(gap * 20.0, 1.0), 0.0) * near[..., None, :]
    weight *= tf.cast(mask[..., :, None] & mask[..., None, :], tf.float32)
    loss = tf.nn.softplus(-sharpness * said) * weight
    return tf.reduce_sum(loss, [-1, -2]) / tf.maximum(tf.reduce_sum(weight, [-1, -2]), 1e-6)


def centred_error(scores: Any, labels: Any, mask: Any, top: float) -> Any:
    """(...,): squared error of scores against labels, both without their kernel's mean."""
    best = tf.reduce_min(tf.where(mask, labels, _FAR), axis=-1, keepdims=True)
    weight = tf.where(mask, tf.exp(-top * (labels - best)), 0.0)
    total = tf.maximum(tf.reduce_sum(weight, -1, keepdims=True), 1e-6)
    error = tf.where(mask, scores - labels, 0.0)
    error -= tf.reduce_sum(error * weight, -1, keepdims=True) / total
    return tf.reduce_sum(weight * _huber(error), -1) / total[..., 0]


def _huber(error: Any) -> Any:
    size = tf.abs(error)
    return tf.where(size < 0.5, tf.square(error), size - 0.25)


def _mean(values: Any, mask: Any) -> Any:
    count = tf.reduce_sum(tf.cast(mask, tf.float32), -1)
    return tf.reduce_sum(values, -1) / tf.maximum(count, 1.0)
