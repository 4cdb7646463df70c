"""What the models see of a kernel and its tiles, computed alike in NumPy and in TensorFlow."""
