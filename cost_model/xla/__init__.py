"""XLA:CPU through JAX: the tile knob, compiling and running. Imported in .venv-xla only."""
