"""An analytical model: counts cycles from the architecture, and learns nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from cost_model.features import graph as g
from cost_model.features.emitter import cycles
from cost_model.features.ops import NumPy
from cost_model.features.product import find_product
from cost_model.features.tiles import OUTPUT_BOUNDS, emitter_tile
from cost_model.kernel import Kernel

# Of a device with vectors of 8 x 128 elements: what each tile costs besides its elements.
_TILE_OVERHEAD = 2048.0
_VECTOR = (128.0, 8.0)


def analytical_scores(kernel: Kernel) -> Any:
    """Returns (c,), lower is faster: estimated logarithms of times.

    A kernel with a matrix product is judged by cost_model.features.emitter, for CPUs. Another
    one by how many tiles there are and how full they are, padded to a TPU's vectors.
    """
    ops = NumPy()
    graph = g.Graph.of(kernel)
    product = find_product(ops, graph)
    if product.found[0] and kernel.config_feat[:, 23].any():
        tile = emitter_tile(ops, product, kernel.config_feat)
        return np.log(cycles(ops, product, tile).total)
    return _padded_volume(ops, graph, kernel.config_feat)


def _padded_volume(ops: NumPy, graph: g.Graph, config: Any) -> Any:
    root = graph.root(ops)[0]
    bounds = np.maximum(config[:, OUTPUT_BOUNDS], 1.0)
    tiles = np.ceil(np.maximum(root[g.DIMENSIONS], 1.0) / bounds).prod(axis=1)
    padded = bounds.copy()
    rank = int((root[g.DIMENSIONS] > 0).sum())
    for dimension, unit in zip(root[g.LAYOUT][: min(rank, 2)].astype(int), _VECTOR, strict=False):
        padded[:, dimension] = np.ceil(bounds[:, dimension] / unit) * unit
    return np.log(tiles * (_TILE_OVERHEAD + padded.prod(axis=1)))
