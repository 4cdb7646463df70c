"""What XLA:CPU's tiled GEMM emitter does for a tile, counted in cycles.

The emitter (xla/service/cpu/tiled_dot_emitter.cc) loops over blocks of rows, of columns and of
depth; a block is unrolled in full: it loads `depth` vectors of the right operand, broadcasts
rows x depth elements of the left one, and multiplies and adds into rows x columns accumulators,
which stay in registers if there are enough. What a tile does not divide is done by smaller
blocks: one more block of rows, one of depth, and narrower and narrower blocks of columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cost_model.features.ops import Ops
from cost_model.features.product import Product

# A core of 2020 and later: two multiply-adds and two loads a cycle, six instructions a cycle.
_FMA_PER_CYCLE, _LOADS_PER_CYCLE, _ISSUE_PER_CYCLE, _FMA_LATENCY = 2.0, 2.0, 6.0, 4.0
_REGISTERS = 32.0
_LOOP_CYCLES, _BLOCK_CYCLES, _CALL_CYCLES = 2.0, 12.0, 3000.0
_LINE, _L1, _L2, _L3 = 64.0, 32768.0, 1048576.0, 16777216.0
# Bytes a cycle from the level above, for a stream that the prefetchers know.
_FROM_L2, _FROM_L3, _FROM_MEMORY = 32.0, 14.0, 5.0


@dataclass(frozen=True)
class Tile:
    """Tiles of the emitter; each attribute is float32 (c,).

    Attributes:
        m: rows of a block.
        k: depth of a block.
        n: columns of a block, in vector registers.
    """

    m: Any
    k: Any
    n: Any


@dataclass(frozen=True)
class Cycles:
    """Where the time goes; each attribute is float32 (c,), in cycles of the whole kernel.

    Attributes:
        multiply: bound of the multiply-add units.
        load: bound of the load units.
        latency: bound of the chains of dependent multiply-adds.
        issue: bound of the front end.
        compute: sum over blocks of the largest of those, and of spills.
        spill: stores and loads of accumulators that do not fit into the registers.
        overhead: loops, and accumulators loaded and stored per block.
        memory: bringing the right operand in, again for each block of rows.
        total: all of it.
    """

    multiply: Any
    load: Any
    latency: Any
    issue: Any
    compute: Any
    spill: Any
    overhead: Any
    memory: Any
    total: Any


@dataclass(frozen=True)
class Remainders:
    """What a tile leaves over; each attribute is float32 (c,).

    Attributes:
        m_blocks, k_blocks, n_blocks: whole blocks.
        m, k: rows and depth of the last, smaller block; 0 for none.
        n: left-over columns in whole vector registers.
        lanes: left-over columns beyond those.
        narrow: blocks that those take, of half, a quarter, ... of a register.
    """

    m_blocks: Any
    k_blocks: Any
    n_blocks: Any
    m: Any
    k: Any
    n: Any
    lanes: Any
    narrow: Any


def remainders(ops: Ops, product: Product, tile: Tile) -> Remainders:
    """Divides the product into blocks."""
    m_blocks, m = _divide(ops, product.m, tile.m)
    k_blocks, k = _divide(ops, product.k, tile.k)
    n_blocks, columns = _divide(ops, product.n, tile.n * product.lanes)
    n, lanes = _divide(ops, columns, product.lanes)
    fours, rest = _divide(ops, lanes, 4.0)
    twos, ones = _divide(ops, rest, 2.0)
    return Remainders(m_blocks, k_blocks, n_blocks, m, k, n, lanes, fours + twos + ones)


def _divide(ops: Ops, x: Any, by: Any) -> tuple[Any, Any]:
    quotient = ops.floor(x / by)
    return quotient, x - quotient * by


def cycles(ops: Ops, product: Product, tile: Tile) -> Cycles:
    """Counts the cycles of all blocks."""
    left = remainders(ops, product, tile)
    one = left.m * 0.0 + 1.0
    rows = ((tile.m, left.m_blocks), (left.m, ops.flag(left.m > 0.0)))
    depths = ((tile.k, left.k_blocks), (left.k, ops.flag(left.k > 0.0)))
    columns = (
        (tile.n * one, left.n_blocks),
        (left.n, ops.flag(left.n > 0.0)),
        (one, left.narrow),
    )
    multiply = load = latency = issue = compute = spill = overhead = one * 0.0
    for m, m_count in rows:
        for n, n_count in columns:
            blocks = product.batch * m_count * n_count
            for k, k_count in depths:
                count = blocks * k_count
                spilled = ops.maximum(m * n + n + 1.0 - _REGISTERS, 0.0) * 2.0 * k
                bounds = _block(ops, m, k, n)
                multiply = multiply + count * bounds[0]
                load = load + count * bounds[1]
                latency = latency + count * bounds[2]
                issue = issue + count * bounds[3]
                spill = spill + count * spilled
                slowest = ops.maximum(
                    ops.maximum(bounds[0], bounds[1] + spilled / _LOADS_PER_CYCLE),
                    ops.maximum(bounds[2], bounds[3] + spilled / _ISSUE_PER_CYCLE),
                )
                compute = compute + count * slowest
                overhead = overhead + count * _LOOP_CYCLES
                some = blocks * ops.minimum(k_count, 1.0)
                overhead = overhead + some * (_BLOCK_CYCLES + 1.5 * m * n)
    memory = _memory(ops, product, tile)
    total = compute + overhead + memory + _CALL_CYCLES
    return Cycles(multiply, load, latency, issue, compute, spill, overhead, memory, total)


def _block(ops: Ops, m: Any, k: Any, n: Any) -> tuple[Any, Any, Any, Any]:
    """Bounds of one block: multiply, load, latency, issue."""
    work, loads = m * k * n, m * k + k * n
    return (
        work / _FMA_PER_CYCLE,
        loads / _LOADS_PER_CYCLE,
        k * _FMA_LATENCY,
        (work + loads + 4.0) / _ISSUE_PER_CYCLE,
    )


def _memory(ops: Ops, product: Product, tile: Tile) -> Any:
    """The right operand is read whole for each block of rows, from where it fits."""
    rhs = product.k * product.n * product.width
    passes = product.batch * ops.ceil(product.m / tile.m)
    # A narrow block uses part of each cache line; the rest is gone when its turn comes, if a
    # column of lines does not fit into L1.
    used = tile.n * product.lanes * product.width
    column = product.k * _LINE
    waste = 1.0 + ops.flag(column > _L1 / 2.0) * ops.maximum(_LINE / used - 1.0, 0.0)
    beyond_l1 = ops.flag(rhs > 0.75 * _L1) / _FROM_L2
    beyond_l2 = ops.flag(rhs > 0.75 * _L2) / _FROM_L3
    beyond_l3 = ops.flag(rhs > _L3) / _FROM_MEMORY
    slowest = ops.maximum(beyond_l1, ops.maximum(beyond_l2, beyond_l3))
    return passes * rhs * waste * slowest
