"""What XLA:CPU's tiled GEMM emitter does for a tile, counted in cycles.

The emitter (xla/service/cpu/tiled_dot_emitter.cc) loops over blocks of columns, of depth and of
rows; a block is unrolled in full: it loads `depth` vectors of the right operand, broadcasts
rows x depth elements of the left one, and multiplies and adds into rows x columns accumulators,
which stay in registers if there are enough. What a tile does not divide is done by smaller
blocks: one more of rows, one of depth; columns that are left over by blocks of one vector less,
again and again, and at last by parts of a vector and one by one.

Accumulators of 3, 5, 6, 7, ... vectors are a type that LLVM does not keep in registers: each
block loads and stores them. Two vectors of 256 bits are one register where the machine has 512.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cost_model.features.ops import Ops
from cost_model.features.product import Product

# A core of 2020 and later, in 256-bit vectors: two multiply-adds and two loads a cycle, six
# instructions a cycle.
_FMA_PER_CYCLE, _LOADS_PER_CYCLE, _ISSUE_PER_CYCLE, _FMA_LATENCY = 2.0, 2.0, 6.0, 4.0
_REGISTERS = 32.0
_LOOP_CYCLES, _BLOCK_CYCLES, _CALL_CYCLES = 2.0, 12.0, 3000.0
# A store that the next load waits for.
_FORWARD_CYCLES = 5.0
_LINE, _L1, _L2, _L3 = 64.0, 32768.0, 1048576.0, 16777216.0
# Bytes a cycle from the level above, for a stream that the prefetchers know.
_FROM_L2, _FROM_L3, _FROM_MEMORY = 32.0, 14.0, 5.0
MOST_VECTORS = 16
_LEAST_LANES = 4.0


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
class Split:
    """How one dimension is divided: `count` blocks of `size`, and one of `left` if not 0."""

    count: Any
    size: Any
    left: Any

    def blocks(self, ops: Ops) -> Any:
        """How many blocks there are in all."""
        return self.count + ops.flag(self.left > 0.0)


@dataclass(frozen=True)
class Columns:
    """How the columns are divided.

    Attributes:
        vectors: float32 (1, 16): 1, 2, ..., 16.
        count: float32 (c, 16), blocks of so many vectors.
        narrow: float32 (c,), blocks of less than a vector.
        lanes: float32 (c,), columns in those.
    """

    vectors: Any
    count: Any
    narrow: Any
    lanes: Any


@dataclass(frozen=True)
class Cycles:
    """Where the time goes; each attribute is float32 (c,), in cycles of the whole kernel.

    Attributes:
        multiply: bound of the multiply-add units.
        load: bound of the load units.
        latency: bound of the chains of dependent multiply-adds.
        issue: bound of the front end.
        compute: sum over blocks of the largest of those, with spills.
        spill: stores and loads of accumulators that do not fit into the registers.
        forward: accumulators of an odd type, loaded and stored for each block.
        overhead: loops, and accumulators loaded and stored per block of rows and columns.
        memory: bringing the right operand in, again for each block of rows.
        total: all of it.
    """

    multiply: Any
    load: Any
    latency: Any
    issue: Any
    compute: Any
    spill: Any
    forward: Any
    overhead: Any
    memory: Any
    total: Any


def split(ops: Ops, length: Any, size: Any) -> Split:
    """Divides rows or depth into blocks."""
    count = ops.floor(length / size)
    return Split(count, size, length - count * size)


def split_columns(ops: Ops, product: Product, tile: Tile) -> Columns:
    """Divides the columns as TiledSmallGemmEmitter::HandleResiduesOnN does."""
    start = tile.n * 0.0
    counts = []
    for vectors in range(MOST_VECTORS, 0, -1):
        width = product.lanes * float(vectors)
        end = ops.floor(product.n / width) * width
        taken = ops.flag(tile.n >= float(vectors)) * ops.flag(end > start)
        # A tile for which this is no whole number is not safe, and never measured.
        counts.append(taken * ops.ceil((end - start) / width))
        start = start + taken * (end - start)
    lanes = ops.maximum(product.n - start, 0.0)
    half = ops.flag(lanes >= _LEAST_LANES) * ops.flag(product.lanes > _LEAST_LANES)
    narrow = half + lanes - half * _LEAST_LANES
    sizes = ops.positions(counts)[None]
    return Columns(sizes, ops.stack(counts[::-1], axis=1), narrow, lanes)


def is_odd(ops: Ops, vectors: Any) -> Any:
    """1 where so many vectors are a type that LLVM keeps in memory, else 0."""
    even = sum(ops.flag(vectors == float(size)) for size in (1, 2, 4, 8, 16))
    return 1.0 - even


def cycles(ops: Ops, product: Product, tile: Tile) -> Cycles:
    """Counts the cycles of all blocks."""
    columns = split_columns(ops, product, tile)
    rows, depth = split(ops, product.m, tile.m), split(ops, product.k, tile.k)
    none = tile.m * 0.0
    sums = dict.fromkeys(("multiply", "load", "latency", "issue", "compute"), none)
    sums |= dict.fromkeys(("spill", "forward", "overhead"), none)
    one = none[:, None] + 1.0
    vectors = ops.concatenate([one * columns.vectors, one], axis=1)
    counts = ops.concatenate([columns.count, columns.narrow[:, None]], axis=1)
    for m, m_count in ((tile.m, rows.count), (rows.left, ops.flag(rows.left > 0.0))):
        blocks = product.batch[:, None] * m_count[:, None] * counts
        tall = m[:, None] + none[:, None]
        for k, k_count in ((tile.k, depth.count), (depth.left, ops.flag(depth.left > 0.0))):
            deep = k[:, None] + none[:, None]
            many = k_count[:, None] + none[:, None]
            found = _blocks(ops, tall, deep, vectors, many)
            for name, value in found.items():
                sums[name] = sums[name] + ops.sum(blocks * value, axis=1)
    memory = _memory(ops, product, tile)
    total = sums["compute"] + sums["forward"] + sums["overhead"] + memory + _CALL_CYCLES
    return Cycles(memory=memory, total=total, **sums)


def _blocks(ops: Ops, m: Any, k: Any, vectors: Any, count: Any) -> dict[str, Any]:
    """Cycles of `count` blocks along the depth, for rows x columns; all float32 (c, 17)."""
    registers = ops.ceil(vectors / 2.0)  # of 512 bits; a single vector takes one too
    work = m * k * vectors
    multiply = work / _FMA_PER_CYCLE
    load = (m * k + k * vectors) / _LOADS_PER_CYCLE
    latency = k * _FMA_LATENCY
    issue = (m * k * registers + m * k + k * registers + 4.0) / _ISSUE_PER_CYCLE
    spill = ops.maximum(m * registers + registers + 1.0 - _REGISTERS, 0.0) * 2.0 * k
    odd = is_odd(ops, vectors)
    forward = odd * (m * vectors * 2.0 + _FORWARD_CYCLES)
    slowest = ops.maximum(
        ops.maximum(multiply, load + spill / _LOADS_PER_CYCLE),
        ops.maximum(latency, issue + spill / _ISSUE_PER_CYCLE),
    )
    once = ops.minimum(count, 1.0) * (_BLOCK_CYCLES + 1.5 * m * registers)
    return {
        "multiply": count * multiply,
        "load": count * load,
        "latency": count * latency,
        "issue": count * issue,
        "compute": count * slowest,
        "spill": count * spill,
        "forward": count * forward,
        "overhead": count * _LOOP_CYCLES + once,
    }


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
