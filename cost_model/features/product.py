"""The matrix product of a kernel: its sizes, element type and how its operands arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cost_model.features import graph as g
from cost_model.features.ops import Ops

_VECTOR_BYTES = 32.0  # XLA:CPU emits for 256 bits (its `prefer_vector_width`)


@dataclass(frozen=True)
class Product:
    """(m, k) x (k, n), `batch` times. Each attribute is float32 (1,).

    Attributes:
        found: 1, or 0 when the kernel has none; all sizes are 1 then.
        m: rows of the result.
        k: length of the sums.
        n: columns of the result.
        batch: products side by side.
        width: bytes of an element as it is multiplied; half floats are widened first.
        lanes: elements of a vector register.
        half: 1 for half floats.
        lhs_transposed: 1 when the left operand is the result of a transpose.
        rhs_transposed: 1 when the right operand is.
        lhs_parameter: 1 when the left operand comes from outside of the kernel.
    """

    found: Any
    m: Any
    k: Any
    n: Any
    batch: Any
    width: Any
    lanes: Any
    half: Any
    lhs_transposed: Any
    rhs_transposed: Any
    lhs_parameter: Any

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
    dims = dot[g.DIMENSIONS]
    rank = ops.sum(ops.flag(dims > 0.0), axis=0)[None]
    m, n = _dimension(ops, dims, rank - 2.0), _dimension(ops, dims, rank - 1.0)
    uses = ops.flag(graph.edges[:, 0] == index) * found
    operands = ops.take(graph.nodes, ops.maximum(graph.edges[:, 1], 0))
    lengths = ops.sum(operands[:, g.DIMENSIONS_SUM] * uses, axis=0)[None]
    k = (lengths - 2.0 * dot[g.DIMENSIONS_SUM][None] + m + n) / 2.0
    half = (dot[g.F16] + dot[g.BF16])[None]
    width = 4.0 + 4.0 * dot[g.F64][None]

    def present(x: Any) -> Any:
        return 1.0 + found * (ops.maximum(x, 1.0) - 1.0)

    lhs, rhs = _operand_opcodes(ops, graph, uses)
    return Product(
        found=found,
        m=present(m),
        k=present(k),
        n=present(n),
        batch=present(dot[g.DIMENSIONS_PRODUCT][None] / ops.maximum(m * n, 1.0)),
        width=width,
        lanes=_VECTOR_BYTES / width,
        half=half,
        lhs_transposed=ops.flag(lhs == g.TRANSPOSE) * found,
        rhs_transposed=ops.flag(rhs == g.TRANSPOSE) * found,
        lhs_parameter=ops.flag(lhs == g.PARAMETER) * found,
    )


def _dimension(ops: Ops, dims: Any, index: Any) -> Any:
    """dims[index], 1 where the index is negative; without a gather of unknown length."""
    picked = [ops.flag(index == float(i)) * dims[i] for i in range(g.MOST_DIMENSIONS)]
    return ops.maximum(sum(picked[1:], picked[0]), 1.0)


def _operand_opcodes(ops: Ops, graph: g.Graph, uses: Any) -> tuple[Any, Any]:
    """int32 (1,) each: the opcodes of the left and the right operand."""
    opcodes = ops.take(graph.opcodes, ops.maximum(graph.edges[:, 1], 0))
    first = ops.argmax(uses)
    # The right operand's edge is the next one that is used, if there is one.
    later = uses * ops.flag(graph.edges[:, 1] != ops.take(graph.edges[:, 1], first))
    second = ops.argmax(later)
    return ops.take(opcodes, first)[None], ops.take(opcodes, second)[None]
