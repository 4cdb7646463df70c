"""Judges rankings of kernels that the models have never seen."""
