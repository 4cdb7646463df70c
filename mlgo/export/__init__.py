"""SavedModel -> TensorFlow's ahead-of-time compiler -> one self-contained object file."""
