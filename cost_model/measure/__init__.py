"""Measures XLA:CPU's tiled GEMM emitter: kernels of real models, tiles, honest timing."""
