"""Chooses the tile of a JAX function's matrix products. Imported in .venv-xla only."""
