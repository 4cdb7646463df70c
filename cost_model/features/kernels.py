"""Features of a kernel as a whole, the same for each of its tiles."""

from __future__ import annotations

from typing import Any

from cost_model.features import graph as g
from cost_model.features.ops import Ops
from cost_model.features.product import Operand, Product


def kernel_features(ops: Ops, graph: g.Graph, product: Product) -> dict[str, Any]:
    """Returns named columns, each float32 (1,)."""
    return _pooled(ops, graph) | _gemm(ops, product)


def _pooled(ops: Ops, graph: g.Graph) -> dict[str, Any]:
    """Sums over the nodes: how many there are of what, and how large they are."""
    found: dict[str, Any] = {}
    elements = graph.column(g.DIMENSIONS_PRODUCT)
    real = ops.flag(graph.opcodes > 0)
    found["nodes"] = g.log_size(ops, _total(ops, real))
    parameters = graph.is_in(ops, (g.PARAMETER,))
    found["parameters"] = _total(ops, parameters)
    found["parameter_elements"] = g.log_size(ops, _total(ops, parameters * elements))
    for name, opcodes in g.GROUPS.items():
        chosen = graph.is_in(ops, opcodes)
        found[f"{name}_nodes"] = g.log_size(ops, _total(ops, chosen))
        found[f"{name}_elements"] = g.log_size(ops, _total(ops, chosen * elements))
    convolutions = graph.is_in(ops, (g.CONVOLUTION,))
    found["convolutions"] = _total(ops, convolutions)
    window = graph.column(g.WINDOW_PRODUCT)
    found["window"] = g.log_size(ops, _total(ops, convolutions * window))
    root = graph.root(ops)
    for index in range(g.MOST_DIMENSIONS):
        found[f"size_{index}"] = g.log_size(ops, root[:, g.DIMENSIONS.start + index])
    for index in range(2):
        found[f"layout_{index}"] = root[:, g.LAYOUT.start + index]
    found["elements"] = g.log_size(ops, root[:, g.DIMENSIONS_PRODUCT])
    return found


def _total(ops: Ops, column: Any) -> Any:
    return ops.sum(column, axis=0)[None]


def _gemm(ops: Ops, product: Product) -> dict[str, Any]:
    rhs = product.k * product.n * product.width
    lhs = product.m * product.k * product.width
    last = product.n - ops.floor(product.n / product.lanes) * product.lanes
    return {
        "product": product.found,
        "m": ops.log(product.m),
        "k": ops.log(product.k),
        "n": ops.log(product.n),
        "batch": ops.log(product.batch),
        "lanes": product.lanes / 8.0,
        "half": product.half,
        **_operand("lhs", product.lhs, product.found),
        **_operand("rhs", product.rhs, product.found),
        "rhs_bytes": ops.log(rhs),
        "lhs_bytes": ops.log(lhs),
        "rhs_in_l1": ops.flag(rhs < 24576.0),
        "rhs_in_l2": ops.flag(rhs < 786432.0),
        "work": ops.log(product.multiply_adds),
        "odd_lanes": last / product.lanes,
    }


def _operand(name: str, operand: Operand, found: Any) -> dict[str, Any]:
    return {f"{name}_{key}": value * found for key, value in vars(operand).items()}
