"""Kernels in TpuGraphs' format for tests: matrix products with tiles and a plausible cost."""

from __future__ import annotations

import numpy as np

from cost_model.kernel import CONFIG_FEATURES, NODE_FEATURES, Kernel

PARAMETER, DOT = 63, 34


def kernel(seed: int, tiles: int = 24, name: str = "") -> Kernel:
    """A product of two matrices; a tile costs its rounded-up work and what it loads."""
    rng = np.random.default_rng(seed)
    m, k, n = (int(x) for x in 2 ** rng.integers(3, 10, 3) + rng.integers(0, 9, 3))
    nodes = np.zeros((3, NODE_FEATURES), np.float32)
    for row, shape in zip(nodes, [(m, k), (k, n), (m, n)], strict=True):
        row[13] = 1
        row[21:23], row[27], row[28] = shape, sum(shape), np.prod(shape)
        row[134:136] = 1, 0
    nodes[1, 30] = 1
    nodes[2, 0] = 1
    tile = rng.choice([1, 2, 3, 4, 6, 8, 11, 16], (tiles, 3))
    return Kernel(
        name=name or f"k{seed}",
        node_feat=nodes,
        node_opcode=np.array([PARAMETER, PARAMETER, DOT], np.int32),
        edge_index=np.array([[2, 0], [2, 1]], np.int32),
        config_feat=config_features(tile),
        config_runtime=_cost(np.array([m, k, n]), tile).astype(np.int64),
        config_runtime_normalizers=np.full(tiles, 10_000, np.int64),
        default_index=int(rng.integers(tiles)),
        metadata={"family": f"f{seed % 3}"},
    )


def config_features(tile: np.ndarray) -> np.ndarray:
    """float32 (c, 24) for tiles (c, 3) of M, K, N."""
    out = np.zeros((len(tile), CONFIG_FEATURES), np.float32)
    m, k, n = tile.T
    for base, (first, second) in zip((0, 8, 16), ((k, n), (m, n), (m, k)), strict=True):
        out[:, base], out[:, base + 1] = first, second
        out[:, base + 6], out[:, base + 7] = first + second, first * second
    return out


def _cost(shape: np.ndarray, tile: np.ndarray) -> np.ndarray:
    rounded = np.ceil(shape / tile) * tile
    loads = 1 / tile[:, 0] + 1 / tile[:, 2]
    spill = np.maximum(tile[:, 0] * tile[:, 2] / 30, 1)
    return 1000 + rounded.prod(axis=1) * (0.2 + loads) * spill
