"""All features of a kernel and its tiles, as one matrix with named columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cost_model.features.graph import Graph
from cost_model.features.kernels import kernel_features
from cost_model.features.ops import NumPy, Ops
from cost_model.features.product import find_product
from cost_model.features.tiles import tile_features
from cost_model.kernel import Floats, Kernel


@dataclass(frozen=True)
class Table:
    """Features of one kernel's tiles.

    Attributes:
        names: of the columns.
        values: float32 (c, columns).
    """

    names: tuple[str, ...]
    values: Any


def features(ops: Ops, graph: Graph, config: Any) -> Table:
    """Computes the features.

    Args:
        ops: the array library that `graph` and `config` are of.
        graph: the kernel's, perhaps padded.
        config: float32 (c, 24), perhaps with rows of zeros.
    """
    product = find_product(ops, graph)
    kernel = kernel_features(ops, graph, product)
    tiles = tile_features(ops, graph, product, config)
    own = ops.stack(list(tiles.values()), axis=1)
    shared = ops.stack(list(kernel.values()), axis=1)
    names = (*(f"kernel_{name}" for name in kernel), *tiles)
    return Table(names, ops.concatenate([ops.rows(shared, own), own], axis=1))


def kernel_table(kernel: Kernel) -> Table:
    """The features of a kernel's tiles, in NumPy."""
    table = features(NumPy(), Graph.of(kernel), kernel.config_feat)
    return Table(table.names, np.ascontiguousarray(table.values, np.float32))


def feature_values(kernel: Kernel) -> Floats:
    """float32 (c, columns)."""
    values: Floats = kernel_table(kernel).values
    return values
