"""Run as a program: XLA compiles a function with a loop and sorts, and dumps its buffers."""

import os
import sys

os.environ["XLA_FLAGS"] = f"--xla_dump_to={sys.argv[1]} --xla_dump_hlo_as_text"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

random = np.random.default_rng(0)
weights = [tf.constant(random.standard_normal((64, 64)), tf.float32) for _ in range(4)]


@tf.function(jit_compile=True)
def run(x: tf.Tensor) -> tf.Tensor:
    total = tf.zeros(())
    for w in weights:  # a sort works in place
        y = tf.matmul(x, w)
        x = tf.nn.softmax(y) + tf.sort(y)
        total += tf.reduce_sum(tf.sort(tf.matmul(y, x, transpose_a=True)))

    def body(i: tf.Tensor, v: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return i + 1, tf.matmul(v, weights[0]) * 0.1

    _, x = tf.while_loop(lambda i, v: i < 3, body, (0, x))
    return tf.reduce_sum(x) + total


print(run(tf.ones((32, 64))).numpy())
