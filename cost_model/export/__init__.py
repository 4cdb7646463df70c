"""From weights to a small C library without TensorFlow."""
