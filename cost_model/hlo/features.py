"""The graph of an HLO module: opcodes, edges and the 140 features of each instruction.

The features are those of TpuGraphs; their meaning, by index, is in the appendix of its README,
their computation in `tpu_graphs/process_data/xla/featurizers.h`:

    0 is root, 1 always 0, 2-20 element type, 21-28 shape, 29 tuple size, 30 parameter number,
    31-36 dimensions, 37-92 window, 93-106 convolution, 107-108 group counts, 109-120 slice,
    121-124 dynamic slice, 125-132 pad, 133 stable sort, 134-139 layout
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cost_model.hlo.module import Instruction, Module
from cost_model.hlo.opcodes import NUMBERS
from cost_model.kernel import NODE_FEATURES, Floats, Ints
from mlgo.errors import UserError

_TYPES = (
    "invalid", "pred", "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64", "f16", "f32",
    "f64", "bf16", "c64", "c128", "tuple", "opaque", "token",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Graph:
    """A module as arrays.

    Attributes:
        node_feat: float32 (n, 140), a row per instruction, computation by computation.
        node_opcode: int32 (n,), TpuGraphs' numbers.
        edge_index: int32 (m, 2), sorted; a row (user, operand) per operand of an instruction
            and per computation that it calls (that one's root).
    """

    node_feat: Floats
    node_opcode: Ints
    edge_index: Ints


def graph(module: Module) -> Graph:
    """Returns the graph of a module.

    Raises:
        UserError: an opcode has no number in the data set's numbering, or a computation that is
            called is missing.
    """
    rows = [(c, i) for c in module.computations for i in c.instructions]
    index = {(c.name, i.name): n for n, (c, i) in enumerate(rows)}
    roots = {c.name: index[c.name, c.root] for c in module.computations}
    edges = set()
    for (computation, instruction), user in zip(rows, range(len(rows)), strict=True):
        edges |= {(user, index[computation.name, o]) for o in instruction.operands}
        edges |= {(user, _root(roots, name, instruction)) for name in instruction.called}
    return Graph(
        np.array([features(i, is_root=i.name == c.root) for c, i in rows], np.float32),
        np.array([_number(i) for _, i in rows], np.int32),
        np.array(sorted(edges), np.int32).reshape(-1, 2),
    )


def features(instruction: Instruction, is_root: bool) -> list[float]:
    """Returns the 140 features of an instruction."""
    i, window, slices = instruction, instruction.window, instruction.slices
    row = [
        float(is_root), 0.0, *(float(i.shape.type == t) for t in _TYPES),
        *_sequence(i.shape.dimensions, 6), i.shape.tuple_shapes, i.parameter_number,
        *_padded(i.dimensions, 6),
        *_sequence([w.size for w in window], 6), *_sequence([w.stride for w in window], 6),
        *_sequence([w.padding_low for w in window], 6),
        *_sequence([w.padding_high for w in window], 6),
        *_sequence([w.window_dilation for w in window], 6),
        *_sequence([w.base_dilation for w in window], 6),
        *_padded([w.reversal for w in window], 6),
        sum(w.reversal for w in window), sum(not w.reversal for w in window),
        *_convolution(i), i.feature_group_count, i.batch_group_count,
        *_sequence([s[0] for s in slices], 2), *_sequence([s[2] for s in slices], 2),
        *_sequence([s[1] for s in slices], 2), *_sequence(i.dynamic_slice_sizes, 2),
        *_sequence([p[0] for p in i.padding], 2), *_sequence([p[1] for p in i.padding], 2),
        float(i.is_stable), *_padded(i.shape.minor_to_major, 6),
    ]  # fmt: skip
    assert len(row) == NODE_FEATURES
    return row


def bounds_features(bounds: Sequence[Sequence[int]]) -> list[float]:
    """Returns a tile's 24 features from its kernel, output and input bounds.

    Args:
        bounds: the three lists; an empty one has product 0.
    """
    return [x for part in bounds for x in (_sequence(part, 6) if part else [0.0] * 8)]


def _convolution(instruction: Instruction) -> list[float]:
    c = instruction.convolution
    return [
        c.input_batch, c.input_feature, *_padded(c.input_spatial, 4), c.kernel_input_feature,
        c.kernel_output_feature, *_padded(c.kernel_spatial, 4), c.output_batch, c.output_feature,
    ]  # fmt: skip


def _padded(values: Sequence[float], length: int) -> list[float]:
    return [*values[:length], *[0.0] * (length - len(values))]


def _sequence(values: Sequence[int], length: int) -> list[float]:
    """The first `length` values, then the sum and the product of all; 0 and 1 of none."""
    product = 1.0
    for value in values:
        product *= value
    return [*_padded(values, length), sum(values), product]


def _number(instruction: Instruction) -> int:
    try:
        return NUMBERS[instruction.opcode]
    except KeyError:
        raise UserError(
            f"instruction {instruction.name}: the opcode {instruction.opcode!r} is unknown",
            hint="the data set numbers the opcodes of 2023; newer ones have no number in it",
        ) from None


def _root(roots: dict[str, int], name: str, instruction: Instruction) -> int:
    if name not in roots:
        raise UserError(f"instruction {instruction.name} calls {name}, which is not there")
    return roots[name]
