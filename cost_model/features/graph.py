"""A kernel's graph as plain arrays, perhaps padded, and the columns of its features.

Columns are TpuGraphs', documented in the appendix of its README.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cost_model.features.ops import Ops
from cost_model.kernel import Kernel

IS_ROOT = 0
ELEMENT_TYPE = slice(2, 21)
F16, F32, F64, BF16 = 12, 13, 14, 15
DIMENSIONS = slice(21, 27)
DIMENSIONS_SUM, DIMENSIONS_PRODUCT = 27, 28
WINDOW_PRODUCT = 44
LAYOUT = slice(134, 140)  # minor to major
MOST_DIMENSIONS = 6

CONVOLUTION, COPY, DOT, FUSION, PARAMETER, TRANSPOSE = 26, 27, 34, 41, 63, 98
# The numbers of HLO's opcodes in the published set; see its hlo_opcode.h.
_CHEAP = (1, 2, 20, 17, 25, 52, 53, 54, 55, 57, 58, 59, 60, 83, 90, 95)
_COSTLY = (7, 30, 32, 37, 38, 50, 51, 66, 81, 91, 94, 96, 103, 107, 120)
_MOVES = (27, 62, 75, 76, 92, 98, 22, 35, 36)
_SUMS = (70, 72, 93, 82, 84)
#: Groups of opcodes that cost alike.
GROUPS = {"cheap": _CHEAP, "costly": _COSTLY, "moves": _MOVES, "sums": _SUMS}


@dataclass(frozen=True)
class Graph:
    """A kernel's graph.

    Attributes:
        nodes: float32 (n, 140); rows of zeros are padding.
        opcodes: int32 (n,); 0 is padding.
        edges: int32 (m, 2), rows (user, operand); -1 is padding.
    """

    nodes: Any
    opcodes: Any
    edges: Any

    @classmethod
    def of(cls, kernel: Kernel) -> Graph:
        """The graph of a kernel, in NumPy."""
        return cls(kernel.node_feat, kernel.node_opcode, kernel.edge_index)

    def column(self, index: int) -> Any:
        """float32 (n,)."""
        return self.nodes[:, index]

    def root(self, ops: Ops) -> Any:
        """float32 (1, 140): the node whose value is the kernel's result.

        Each computation has a root; the kernel's own computation comes last.
        """
        last = self.column(IS_ROOT) * ops.positions(self.opcodes)
        return ops.take(self.nodes, ops.argmax(last))[None]

    def is_in(self, ops: Ops, opcodes: tuple[int, ...]) -> Any:
        """float32 (n,): 1 for nodes with one of these opcodes."""
        found = [ops.flag(self.opcodes == opcode) for opcode in opcodes]
        return ops.sum(ops.stack(found, axis=0), axis=0)


def log_size(ops: Ops, x: Any) -> Any:
    """Compresses sizes evenly, padding below 0 too: sign(x) log(1 + |x|)."""
    return ops.log1p(ops.maximum(x, 0.0)) - ops.log1p(ops.maximum(-x, 0.0))
