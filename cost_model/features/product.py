"""The matrix product of a kernel: its sizes, element type and how its operands arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cost_model.features import graph as g
from cost_model.features.ops import Ops

_VECTOR_BYTES = 32.0  # XLA:CPU emits for 256 bits (its `prefer_vector_width`)


@dataclass(frozen=True)
class Operand:
    """Where an operand comes from. Each attribute is float32 (1,), 1 for yes.

    Attributes:
        parameter: from outside of the kernel.
        fused: from a fused computation.
        moved: from a transpose or a copy.
        crosswise: its sums run along the other dimension, or its layout is the other one.
    """

    parameter: Any
    fused: Any
    moved: Any
    crosswise: Any


@dataclass(frozen=True)
class Product:
    """(m, k) x (k, n), `batch` times. Sizes are float32 (1,).

    Attributes:
        found: 1, or 0 when the kernel has none; all sizes are 1 then.
        m: rows of the result.
        k: length of the sums.
        n: columns of the result.
        batch: products side by side.
        width: bytes of an element as it is multiplied; half floats are widened first.
        lanes: elements of a vector register.
        half: 1 for half floats.
        lhs: the left operand.
        rhs: the right operand.
    """

    found: Any
    m: Any
    k: Any
    n: Any
    batch: Any
    width: Any
    lanes: Any
    half: Any
    lhs: Operand
    rhs: Operand

    @property
    def multiply_adds(self) -> Any:
        """float32 (1,): of the whole kernel."""
        return self.batch * self.m * self.k * self.n


def find_product(ops: Ops, graph: g.Graph) -> Product:
    """Finds the kernel's first dot.

    The contracted length follows from the shapes alone: the operands' dimensions are those of
    the result, the batch ones twice, and k twice.
    """
    is_dot = ops.flag(graph.opcodes == g.DOT)
    index = ops.argmax(is_dot)
    found = ops.take(is_dot, index)[None]
    dot = ops.take(graph.nodes, index)
    m, n = _last_two(ops, dot)
    uses = ops.flag(graph.edges[:, 0] == index) * found
    rows = ops.maximum(graph.edges[:, 1], 0)
    lengths = ops.sum(ops.take(graph.nodes, rows)[:, g.DIMENSIONS_SUM] * uses, axis=0)[None]
    # The square of one operand has one edge for both.
    lengths = lengths * (1.0 + ops.flag(ops.sum(uses, axis=0)[None] == 1.0))
    k = (lengths - 2.0 * dot[g.DIMENSIONS_SUM][None] + m + n) / 2.0

    def present(x: Any) -> Any:
        return 1.0 + found * (ops.maximum(x, 1.0) - 1.0)

    width = 4.0 + 4.0 * dot[g.F64][None]
    lhs, rhs = _operands(ops, graph, uses, (m, k, n))
    return Product(
        found=found,
        m=present(m),
        k=present(k),
        n=present(n),
        batch=present(dot[g.DIMENSIONS_PRODUCT][None] / ops.maximum(m * n, 1.0)),
        width=width,
        lanes=_VECTOR_BYTES / width,
        half=(dot[g.F16] + dot[g.BF16])[None],
        lhs=lhs,
        rhs=rhs,
    )


def _last_two(ops: Ops, node: Any) -> tuple[Any, Any]:
    """float32 (1,) each: rows and columns of a node's matrices; 1 where it has fewer dimensions."""
    dims = node[g.DIMENSIONS]
    rank = ops.sum(ops.flag(dims > 0.0), axis=0)[None]

    def at(index: Any) -> Any:  # without a gather at an index that may be negative
        picked = [ops.flag(index == float(i)) * dims[i] for i in range(g.MOST_DIMENSIONS)]
        return ops.maximum(sum(picked[1:], picked[0]), 1.0)

    return at(rank - 2.0), at(rank - 1.0)


def _operands(
    ops: Ops, graph: g.Graph, uses: Any, sizes: tuple[Any, Any, Any]
) -> tuple[Operand, Operand]:
    """The left and the right operand; edges do not say which is which, shapes do."""
    m, k, n = sizes
    ends = ops.maximum(graph.edges[:, 1], 0)
    first = ops.take(ends, ops.argmax(uses))
    second = ops.take(ends, ops.argmax(uses * ops.flag(ends != first)))
    one, other = _Candidate.of(ops, graph, first), _Candidate.of(ops, graph, second)
    straight = one.fits(ops, m, k) * other.fits(ops, k, n)
    crossed = one.fits(ops, k, n) * other.fits(ops, m, k)
    swapped = crossed * (1.0 - straight)
    pairs = [(one, other), (other, one)]
    lhs, rhs = (
        [a.operand(ops, k, last), b.operand(ops, k, last)]
        for (a, b), last in zip(pairs, (True, False), strict=True)
    )
    return _blend(lhs, swapped), _blend(rhs, swapped)


@dataclass(frozen=True)
class _Candidate:
    """A node that is one of the product's operands."""

    opcode: Any
    rows: Any
    columns: Any
    minor_first: Any

    @classmethod
    def of(cls, ops: Ops, graph: g.Graph, index: Any) -> _Candidate:
        node = ops.take(graph.nodes, index)
        rows, columns = _last_two(ops, node)
        rank = ops.sum(ops.flag(node[g.DIMENSIONS] > 0.0), axis=0)[None]
        minor = node[g.LAYOUT.start][None]
        other = ops.flag(minor != rank - 1.0) * ops.flag(rank >= 2.0)
        return cls(ops.take(graph.opcodes, index), rows, columns, other)

    def fits(self, ops: Ops, first: Any, second: Any) -> Any:
        straight = ops.flag(self.rows == first) * ops.flag(self.columns == second)
        crosswise = ops.flag(self.rows == second) * ops.flag(self.columns == first)
        return ops.maximum(straight, crosswise)

    def operand(self, ops: Ops, k: Any, sums_along_columns: bool) -> Operand:
        along = self.columns if sums_along_columns else self.rows
        transposed = 1.0 - ops.flag(along == k)
        moved = ops.flag(self.opcode == g.TRANSPOSE) + ops.flag(self.opcode == g.COPY)
        return Operand(
            parameter=ops.flag(self.opcode == g.PARAMETER)[None],
            fused=ops.flag(self.opcode == g.FUSION)[None],
            moved=moved[None],
            crosswise=ops.maximum(transposed, self.minor_first),
        )


def _blend(pair: list[Operand], swapped: Any) -> Operand:
    straight, crossed = pair
    names = ("parameter", "fused", "moved", "crosswise")
    return Operand(
        **{
            name: getattr(straight, name) * (1.0 - swapped) + getattr(crossed, name) * swapped
            for name in names
        }
    )
