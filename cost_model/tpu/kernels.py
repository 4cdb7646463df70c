"""Kernels in TpuGraphs' format from what the TPU compiler noted: labelled as estimates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cost_model.hlo import text
from cost_model.hlo.features import bounds_features, graph
from cost_model.kernel import Kernel
from cost_model.tpu.window import windows


def kernels(record: dict[str, Any], topology: str) -> Iterator[Kernel]:
    """Yields the fusions of a compiled kernel, each with the one tile that XLA chose.

    `config_runtime` is the compiler's estimate in cycles, not a time; `metadata["label"]` says so.

    Args:
        record: of cost_model.tpu.estimate.
        topology: such as "v5e:2x2".
    """
    spec = record["spec"]
    generation = topology.partition(":")[0]
    for index, (module, window) in enumerate(windows(text.parse(record["hlo"]))):
        nodes = graph(module)
        bounds = bounds_features([window.kernel, window.output, window.input])
        cycles = np.array([window.cycles], np.int64)
        yield Kernel(
            f"{spec['name']}-{generation}-{index}",
            nodes.node_feat,
            nodes.node_opcode,
            nodes.edge_index,
            np.array([bounds], np.float32),
            cycles,
            cycles,
            default_index=0,
            metadata={
                "family": spec["family"],
                "model": spec["model"],
                "label": "estimated cycles",
                "machine": {"tpu": topology},
                "xla_version": f"libtpu {record['libtpu']}",
            },
        )
