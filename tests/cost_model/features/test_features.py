"""Features: what they say of real kernels, and that NumPy and TensorFlow agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_model.features.emitter import Tile, split_columns
from cost_model.features.graph import Graph
from cost_model.features.ops import NumPy
from cost_model.features.product import Product, find_product
from cost_model.features.tiles import emitter_tile
from cost_model.features.vector import kernel_table
from cost_model.tile import Tile as EmitterTile
from cost_model.tile import is_safe
from tests.cost_model import generate, published


@pytest.mark.parametrize("family", ["gru", "mlp", "bert", "resnet"])
def test_the_product_and_the_tiles_are_read_off_the_graph(family: str) -> None:
    for kernel in published.family(family):
        spec = kernel.metadata["spec"]
        product = find_product(NumPy(), Graph.of(kernel))
        found = [float(x[0]) for x in (product.found, product.m, product.k, product.n)]
        assert found == [1, spec["m"], spec["k"], spec["n"]], kernel.name
        assert product.batch[0] == max(1, spec["batch"])
        assert product.lanes[0] == kernel.metadata["lanes"]
        tile = emitter_tile(NumPy(), product, kernel.config_feat)
        sides = zip(tile.m, tile.k, tile.n, strict=True)
        names = [f"{m:.0f}:{k:.0f}:{n:.0f}*vectwidth" for m, k, n in sides]
        assert names == kernel.metadata["tiles"]


def test_a_kernel_without_a_product_has_none() -> None:
    kernel = generate.kernel(0)
    kernel.node_opcode[2] = 2  # an addition
    product = find_product(NumPy(), Graph.of(kernel))
    assert [float(x[0]) for x in (product.found, product.m, product.k, product.n)] == [0, 1, 1, 1]
    assert np.isfinite(kernel_table(kernel).values).all()


@given(n=st.integers(1, 4000), vectors=st.integers(1, 16), lanes=st.sampled_from([4, 8]))
def test_a_safe_tile_covers_each_column_once(n: int, vectors: int, lanes: int) -> None:
    one = np.ones(1, np.float32)
    none = find_product(NumPy(), Graph.of(generate.kernel(0)))
    product = Product(
        **{**vars(none), "n": n * one, "lanes": lanes * one, "m": one, "k": one, "batch": one}
    )
    columns = split_columns(NumPy(), product, Tile(one, one, vectors * one))
    covered = float((columns.count * columns.vectors * lanes).sum() + columns.lanes[0])
    if is_safe(EmitterTile(1, 1, vectors), n, lanes):
        assert covered == n
    assert covered >= n


def test_tensorflow_computes_the_same_features() -> None:
    tf = pytest.importorskip("tensorflow")
    from cost_model.features.tf_ops import TensorFlow
    from cost_model.features.vector import features

    kernels = [*published.family("gru")[:3], *published.family("mlp")[:3], generate.kernel(1)]
    for kernel in kernels:
        pad = ((0, 5), (0, 0))
        graph = Graph(
            tf.constant(np.pad(kernel.node_feat, pad)),
            tf.constant(np.pad(kernel.node_opcode, (0, 5))),
            tf.constant(np.pad(kernel.edge_index, pad, constant_values=-1)),
        )
        config = np.pad(kernel.config_feat, ((0, 3), (0, 0)))
        table = features(TensorFlow(), graph, tf.constant(config))
        expected = kernel_table(kernel)
        assert table.names == expected.names
        found = table.values.numpy()
        assert np.isfinite(found).all()
        assert found[:-3] == pytest.approx(expected.values, rel=1e-5, abs=1e-5)
