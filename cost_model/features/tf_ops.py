"""`Ops` in TensorFlow, for graphs that carry the features in them."""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf


class TensorFlow:
    """Ops on tensors."""

    floor: Any = staticmethod(tf.floor)
    ceil: Any = staticmethod(tf.math.ceil)
    sqrt: Any = staticmethod(tf.sqrt)
    log: Any = staticmethod(tf.math.log)
    log1p: Any = staticmethod(tf.math.log1p)
    maximum: Any = staticmethod(tf.maximum)
    minimum: Any = staticmethod(tf.minimum)
    sum: Any = staticmethod(tf.reduce_sum)
    stack: Any = staticmethod(tf.stack)
    concatenate: Any = staticmethod(tf.concat)
    take: Any = staticmethod(tf.gather)
    argmax: Any = staticmethod(functools.partial(tf.argmax, output_type=tf.int32))

    @staticmethod
    def flag(condition: Any) -> Any:
        """float32 1 where true, else 0."""
        return tf.cast(condition, tf.float32)

    @staticmethod
    def positions(x: Any) -> Any:
        """float32 1, 2, 3, ..., as many as `x` has rows."""
        return tf.cast(tf.range(1, tf.shape(x)[0] + 1), tf.float32)

    @staticmethod
    def rows(x: Any, like: Any) -> Any:
        """Repeats x of shape (1, f) for each row of `like`."""
        return tf.broadcast_to(x, [tf.shape(like)[0], tf.shape(x)[1]])
