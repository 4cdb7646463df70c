"""One kernel of the tile collection: its graph, its candidate tiles, and what was measured.

The arrays are those of TpuGraphs' tile `.npz` (Phothilimthana et al., TpuGraphs: A Performance
Prediction Dataset on Large Tensor Computational Graphs, NeurIPS 2023), one kernel a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

NODE_FEATURES = 140
CONFIG_FEATURES = 24
#: `node_opcode` is an HLO opcode's number, in the data set's numbering.
OPCODES = 256

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel and its configurations (candidate tiles).

    Attributes:
        name: unique in its data set; the file's name without `.npz`.
        node_feat: float32 (n, 140), features of the HLO instructions.
        node_opcode: int32 (n,), their opcodes.
        edge_index: int32 (m, 2), a row (from, to) per operand of an instruction.
        config_feat: float32 (c, 24): kernel, output and input bounds, each as 6 dimensions, sum
            and product.
        config_runtime: int64 (c,), ns; empty when nothing was measured.
        config_runtime_normalizers: int64 (c,), ns: the default tile's time on the same machine.
        noise: float32 (c,), relative spread of each runtime's repetitions; None when unknown.
        default_index: the compiler's own choice among the configurations; -1 when unknown.
        metadata: what else is known: "family", "model", "machine", "xla_version" and so on.
    """

    name: str
    node_feat: Floats
    node_opcode: Ints
    edge_index: Ints
    config_feat: Floats
    config_runtime: Longs
    config_runtime_normalizers: Longs
    noise: Floats | None = None
    default_index: int = -1
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def configs(self) -> int:
        """How many candidate tiles there are."""
        return len(self.config_feat)

    @property
    def measured(self) -> bool:
        """Whether there are runtimes."""
        return len(self.config_runtime) > 0

    @property
    def family(self) -> str:
        """The model family, for the split by family; "" when unknown."""
        return str(self.metadata.get("family", ""))

    @property
    def labels(self) -> NDArray[np.float64]:
        """float64 (c,): runtime / normalizer, which the machine's speed cancels from."""
        return self.config_runtime / self.config_runtime_normalizers

    def problem(self) -> str:
        """Says what is wrong with the arrays; "" when nothing is."""
        return _shape_problem(self) or _value_problem(self)


def _shape_problem(kernel: Kernel) -> str:
    nodes, edges, configs = len(kernel.node_feat), len(kernel.edge_index), kernel.configs
    runtimes = configs if kernel.measured else 0
    wanted: list[tuple[str, tuple[int, ...], type]] = [
        ("node_feat", (nodes, NODE_FEATURES), np.float32),
        ("node_opcode", (nodes,), np.int32),
        ("edge_index", (edges, 2), np.int32),
        ("config_feat", (configs, CONFIG_FEATURES), np.float32),
        ("config_runtime", (runtimes,), np.int64),
        ("config_runtime_normalizers", (runtimes,), np.int64),
    ]
    if kernel.noise is not None:
        wanted.append(("noise", (configs,), np.float32))
    for name, shape, dtype in wanted:
        array = getattr(kernel, name)
        if array.shape != shape or array.dtype != dtype:
            expected = f"{np.dtype(dtype)} {shape}"
            return f"{name} is {array.dtype} {array.shape}, expected {expected}"
    return "it has no nodes" if nodes == 0 else ("it has no tiles" if configs == 0 else "")


def _value_problem(kernel: Kernel) -> str:
    for name in ("node_feat", "config_feat"):
        if not np.isfinite(getattr(kernel, name)).all():
            return f"{name} has a value that is not a finite number"
    if not ((kernel.node_opcode >= 0) & (kernel.node_opcode < OPCODES)).all():
        return f"node_opcode has a value outside of [0, {OPCODES})"
    edges, nodes = kernel.edge_index, len(kernel.node_feat)
    if not ((edges >= 0) & (edges < nodes)).all():
        return f"edge_index points outside of the {nodes} nodes"
    for name in ("config_runtime", "config_runtime_normalizers"):
        if not (getattr(kernel, name) > 0).all():
            return f"{name} has a value that is not positive"
    if not -1 <= kernel.default_index < kernel.configs:
        return f"default_index is {kernel.default_index}, with {kernel.configs} tiles"
    return ""
