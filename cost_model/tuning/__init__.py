"""Chooses the tile of a JAX function's matrix products; all but `ranking` needs .venv-xla."""
