"""Features of a kernel's tiles: generic ones, and what the GEMM emitter makes of them."""

from __future__ import annotations

import dataclasses
from typing import Any

from cost_model.features import graph as g
from cost_model.features.emitter import Cycles, Tile, cycles, is_odd, split, split_columns
from cost_model.features.ops import Ops
from cost_model.features.product import Product

KERNEL_BOUNDS, OUTPUT_BOUNDS = slice(0, 6), slice(8, 14)
KERNEL_PRODUCT, OUTPUT_PRODUCT, INPUT_PRODUCT = 7, 15, 23
_REGISTERS = (16.0, 32.0)
_PAGE, _SETS = 4096.0, (64.0, 256.0, 1024.0, 4096.0)


def emitter_tile(ops: Ops, product: Product, config: Any) -> Tile:
    """Reads rows, depth and columns off the bounds; ones where there is no product.

    The output's bounds are (rows, columns), the kernel's (depth, columns), the input's
    (rows, depth), in elements and whatever their order: their volumes tell the three apart.

    Args:
        ops: the array library.
        product: of the kernel.
        config: float32 (c, 24).
    """
    out = ops.maximum(config[:, OUTPUT_PRODUCT], 1.0)
    kernel = ops.maximum(config[:, KERNEL_PRODUCT], 1.0)
    into = ops.maximum(config[:, INPUT_PRODUCT], 1.0)

    def side(x: Any, y: Any, z: Any, unit: Any) -> Any:
        # Square roots of perfect squares, but for rounding.
        length = ops.floor(ops.sqrt(x * y / z) / unit + 0.5)
        return 1.0 + product.found * (ops.maximum(length, 1.0) - 1.0)

    one = out * 0.0 + 1.0
    return Tile(
        side(out, into, kernel, one),
        side(kernel, into, out, one),
        side(out, kernel, into, product.lanes),
    )


def tile_features(ops: Ops, graph: g.Graph, product: Product, config: Any) -> dict[str, Any]:
    """Returns named columns, each float32 (c,)."""
    found: dict[str, Any] = {}
    for index in range(24):
        found[f"bound_{index}"] = g.log_size(ops, config[:, index])
    found |= _generic(ops, graph, config)
    tile = emitter_tile(ops, product, config)
    counted = cycles(ops, product, tile)
    found |= _gemm(ops, product, tile)
    found |= _cycles(ops, product, counted)
    return {name: value + config[:, 0] * 0.0 for name, value in found.items()}


def _generic(ops: Ops, graph: g.Graph, config: Any) -> dict[str, Any]:
    """How the output's bounds divide the result; for any kernel on any device."""
    found: dict[str, Any] = {}
    root = graph.root(ops)
    tiles = used = config[:, 0] * 0.0 + 1.0
    minor = minor_bound = second = second_bound = config[:, 0] * 0.0
    for index in range(g.MOST_DIMENSIONS):
        size = ops.maximum(root[:, g.DIMENSIONS.start + index], 1.0)
        bound = ops.maximum(config[:, OUTPUT_BOUNDS.start + index], 1.0)
        count = ops.ceil(size / bound)
        tiles, used = tiles * count, used * size / (count * bound)
        found[f"count_{index}"] = ops.log(count)
        found[f"used_{index}"] = size / (count * bound)
        is_minor = ops.flag(root[:, g.LAYOUT.start] == float(index))
        minor, minor_bound = minor + is_minor * size, minor_bound + is_minor * bound
        is_second = ops.flag(root[:, g.LAYOUT.start + 1] == float(index))
        second, second_bound = second + is_second * size, second_bound + is_second * bound
    found["tiles"], found["used"] = ops.log(tiles), used
    # A TPU's vector registers hold 8 x 128 elements of the two minor dimensions.
    found["minor_used"] = _used(ops, minor_bound, 128.0)
    found["second_used"] = _used(ops, second_bound, 8.0)
    found["minor_whole"] = ops.flag(minor_bound >= minor)
    found["second_whole"] = ops.flag(second_bound >= second)
    volume = tiles * ops.maximum(config[:, OUTPUT_PRODUCT], 1.0)
    found["volume"] = ops.log(volume)
    return found


def _used(ops: Ops, size: Any, unit: float) -> Any:
    return size / ops.maximum(ops.ceil(size / unit) * unit, 1.0)


def _gemm(ops: Ops, product: Product, tile: Tile) -> dict[str, Any]:
    """What fits where: registers, vectors, cache lines, pages, code."""
    registers = ops.ceil(tile.n / 2.0)
    accumulators, operands = tile.m * registers, tile.k * registers
    found = {
        "log_m": ops.log(tile.m),
        "log_k": ops.log(tile.k),
        "log_n": ops.log(tile.n),
        "log_accumulators": ops.log(accumulators),
        "log_operands": ops.log(operands),
        "log_broadcasts": ops.log(tile.m * tile.k),
        "log_unrolled": ops.log(accumulators * tile.k),
        "log_lanes": ops.log(tile.m * tile.n),
        "m_1": ops.flag(tile.m == 1.0),
        "n_1": ops.flag(tile.n == 1.0),
        "n_2": ops.flag(tile.n == 2.0),
        "n_4": ops.flag(tile.n == 4.0),
        "n_odd": is_odd(ops, tile.n),
        "k_1": ops.flag(tile.k == 1.0),
        **_rows(ops, "m", product.m, tile.m),
        **_rows(ops, "k", product.k, tile.k),
        **_columns(ops, product, tile),
    }
    for have in _REGISTERS:
        number = int(have)
        found[f"over_{number}"] = _over(ops, accumulators + registers + 1.0, have)
        found[f"over_all_{number}"] = _over(ops, accumulators + operands + 1.0, have)
    used = tile.n * product.lanes * product.width
    found["line"] = ops.minimum(used / 64.0, 4.0)
    found["half_lines"] = ops.flag(used - ops.floor(used / 64.0) * 64.0 > 0.0)
    stride = product.n * product.width
    pages = ops.minimum(product.k, product.k * stride / _PAGE + 1.0)
    found["pages"] = ops.log1p(pages) + tile.m * 0.0
    found["lhs_rows"] = ops.log(tile.m * product.k * product.width)
    found["column"] = ops.log(product.k * ops.maximum(used, 64.0))
    for size in _SETS:
        # Rows this far apart fall into few sets of a cache.
        hit = ops.flag(stride - ops.floor(stride / size) * size == 0.0)
        found[f"stride_{int(size)}"] = hit * ops.log1p(ops.minimum(tile.k, product.k))
        lhs = product.k * product.width
        hit = ops.flag(lhs - ops.floor(lhs / size) * size == 0.0)
        found[f"lhs_stride_{int(size)}"] = hit * ops.log1p(ops.minimum(tile.m, product.m))
    return {name: value * product.found for name, value in found.items()}


def _rows(ops: Ops, name: str, length: Any, size: Any) -> dict[str, Any]:
    """How a tile divides rows or depth."""
    parts = split(ops, length, size)
    blocks = parts.blocks(ops)
    return {
        f"{name}_left": parts.left / length,
        f"{name}_last": parts.left / size,
        f"{name}_blocks": ops.log(blocks),
        f"{name}_single": ops.flag(blocks == 1.0),
        f"no_whole_{name}": ops.flag(parts.count == 0.0),
        f"{name}_efficiency": length / (blocks * size),
    }


def _columns(ops: Ops, product: Product, tile: Tile) -> dict[str, Any]:
    """Shares of the columns by the blocks that they are in."""
    columns = split_columns(ops, product, tile)
    vectors = columns.count * columns.vectors * product.lanes[:, None] / product.n[:, None]
    odd = is_odd(ops, columns.vectors)
    blocks = ops.sum(columns.count, axis=1) + columns.narrow
    return {
        "odd_columns": ops.sum(vectors * odd, axis=1),
        "single_columns": vectors[:, 0],
        "double_columns": vectors[:, 1],
        "wide_columns": ops.sum(vectors[:, 2:] * (1.0 - odd[:, 2:]), axis=1),
        "narrow_columns": columns.lanes / product.n,
        "narrow_blocks": columns.narrow / blocks,
        "column_blocks": ops.log(ops.maximum(blocks, 1.0)),
        "vectors_per_block": ops.log(product.n / product.lanes / ops.maximum(blocks, 1.0)),
    }


def _over(ops: Ops, need: Any, have: float) -> Any:
    return ops.log1p(ops.maximum(need - have, 0.0))


def _cycles(ops: Ops, product: Product, counted: Cycles) -> dict[str, Any]:
    """Cycles of each cause per ideal cycle, on a logarithmic scale."""
    ideal = product.multiply_adds / product.lanes / 2.0
    found = {}
    for field in dataclasses.fields(Cycles):
        share = getattr(counted, field.name) / ideal
        found[f"cycles_{field.name}"] = ops.log1p(share) * product.found
    found["cycles_log_total"] = ops.log(counted.total / ideal) * product.found
    return found
