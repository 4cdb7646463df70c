"""Ranks the tiles of a module's products; needs no JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cost_model.hlo.dots import Dot
from cost_model.hlo.features import graph
from cost_model.kernel import Floats, Kernel
from cost_model.measure.convert import tile_features
from cost_model.tile import DEFAULT, VECTOR_BYTES, Tile, is_safe, legal

#: From a kernel to float32 (c,) scores of its tiles: estimated log time, lower is faster.
Ranker = Callable[[Kernel], Floats]


def ranked(found: Sequence[Dot], ranker: Ranker) -> list[Tile]:
    """Returns the tiles that are legal for all of a module's products, fastest first.

    One tile holds for a whole module, so each product counts by its share of the work.
    """
    tiles = legal_for_all(found)
    default = tiles.index(DEFAULT)
    cost = np.zeros(len(tiles))
    for dot in found:
        scores = ranker(kernel_of(dot, tiles))
        cost += dot.multiply_adds * np.exp(scores - scores[default])
    return [tiles[index] for index in np.argsort(cost, kind="stable")]


def legal_for_all(found: Sequence[Dot]) -> list[Tile]:
    """Returns the tiles that are legal for one product at least and safe for all, in order."""
    lanes = [VECTOR_BYTES // dot.width for dot in found]
    pairs = list(zip(found, lanes, strict=True))
    several = {tile for dot, n in pairs for tile in legal(dot.m, dot.k, dot.n, n)}
    return sorted(t for t in several if all(is_safe(t, dot.n, n) for dot, n in pairs))


def kernel_of(dot: Dot, tiles: Sequence[Tile]) -> Kernel:
    """Returns a product as a kernel to rank: these tiles, and no times."""
    nodes = graph(dot.kernel)
    empty = np.zeros(0, np.int64)
    return Kernel(
        dot.kernel.name,
        nodes.node_feat,
        nodes.node_opcode,
        nodes.edge_index,
        tile_features(list(tiles), VECTOR_BYTES // dot.width),
        empty,
        empty,
        default_index=list(tiles).index(DEFAULT),
        metadata={"tiles": [str(tile) for tile in tiles]},
    )
