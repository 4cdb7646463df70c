"""Kernels in TpuGraphs' format for tests: matrix products with tiles and a plausible cost."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from cost_model.kernel import CONFIG_FEATURES, NODE_FEATURES, Kernel

PARAMETER, DOT = 63, 34
ELEMENTWISE = (1, 2, 57, 59, 96)  # abs, add, maximum, multiply, tanh
#: What a file of the published set has.
ARRAYS = ("node_feat", "node_opcode", "edge_index", "config_feat", "config_runtime",
          "config_runtime_normalizers")  # fmt: skip


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


def published(seed: int, tiles: int = 24) -> Kernel:
    """A kernel as in the published set: more nodes, no default tile, nothing said about it."""
    product = kernel(seed, tiles)
    rng = np.random.default_rng(seed)
    users = int(rng.integers(1, 40))
    nodes = np.repeat(product.node_feat[-1:], users, axis=0)
    nodes[:-1, 0] = 0
    product.node_feat[-1, 0] = 0
    first = len(product.node_feat)
    chain = np.arange(first, first + users, dtype=np.int32)
    return dataclasses.replace(
        product,
        node_feat=np.concatenate([product.node_feat, nodes]),
        node_opcode=np.append(product.node_opcode, rng.choice(ELEMENTWISE, users)).astype(np.int32),
        edge_index=np.concatenate([product.edge_index, np.stack([chain, chain - 1], axis=1)]),
        default_index=-1,
        metadata={},
    )


def write_collection(folder: Path, secret: bool = False) -> None:
    """Writes TpuGraphs' tile collection in small: its folders, its arrays, NumPy's own files.

    Test kernels' runtimes are 0 if they are `secret`.
    """
    seed = 0
    for part, count in (("train", 24), ("valid", 6), ("test", 6)):
        (folder / part).mkdir(parents=True)
        for _ in range(count):
            seed += 1
            found = published(seed, tiles=20 + 10 * seed)
            arrays = {name: getattr(found, name) for name in ARRAYS}
            if secret and part == "test":
                arrays["config_runtime"] = np.zeros_like(found.config_runtime)
            np.savez_compressed(folder / part / f"model_{seed}.npz", **arrays)
