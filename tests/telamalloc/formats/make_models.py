"""Run as a program: converts a few small networks of random weights to `.tflite` files."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf


def branchy() -> tf.keras.Model:
    """Dense blocks, so that many tensors are live at once, and reshapes at the end."""
    image = tf.keras.Input((24, 24, 3), batch_size=1)
    x = tf.keras.layers.Conv2D(8, 3, padding="same")(image)
    for _ in range(5):
        y = tf.keras.layers.Conv2D(24, 1, activation="relu")(x)
        y = tf.keras.layers.Conv2D(6, 3, padding="same")(y)
        x = tf.keras.layers.Concatenate()([x, y])
    x = tf.keras.layers.Reshape((24 * 24, 38))(x)
    x = tf.keras.layers.Reshape((24, 24, 38))(x)
    x = tf.keras.layers.MaxPool2D(4)(x)
    x = tf.keras.layers.Flatten()(x)
    return tf.keras.Model(image, tf.keras.layers.Dense(10, activation="softmax")(x))


def quantized(model: tf.keras.Model) -> bytes:
    """The model with 8-bit integers throughout."""
    random = np.random.default_rng(0)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [random.random((1, 24, 24, 3), np.float32)] for _ in range(4)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return converter.convert()


def looping() -> bytes:
    """A loop: its condition and its body are subgraphs of their own."""
    weights = tf.constant(np.random.default_rng(1).standard_normal((32, 32)), tf.float32)

    @tf.function(input_signature=[tf.TensorSpec((8, 32), tf.float32)])
    def run(x: tf.Tensor) -> tf.Tensor:
        def body(i: tf.Tensor, v: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return i + 1, tf.nn.relu(tf.matmul(v, weights)) * 0.1 + v

        wide = tf.concat([x, x * 2.0], 0)
        _, y = tf.while_loop(lambda i, v: i < 3, body, (tf.constant(0), wide))
        return tf.reshape(y + wide, (32, 16))

    function = run.get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions([function], run).convert()


def main(folder: Path) -> None:
    """Writes all models into a folder."""
    tf.random.set_seed(0)
    model = branchy()
    (folder / "branchy.tflite").write_bytes(
        tf.lite.TFLiteConverter.from_keras_model(model).convert()
    )
    (folder / "quantized.tflite").write_bytes(quantized(model))
    (folder / "looping.tflite").write_bytes(looping())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
