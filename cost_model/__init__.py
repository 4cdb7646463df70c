"""A learned cost model for XLA's tile sizes: which of these tiles is fastest?

    from cost_model import read_kernels
    kernels = read_kernels(Path("kernels.zip"))

With JAX installed (`make setup-xla`), a function gets the tile that ranks best:

    fast = cost_model.tune(layer, x, w, measure=4)
    y = fast(x, w)

References:
    Kaufman et al., A Learned Performance Model for Tensor Processing Units, MLSys 2021.
    https://arxiv.org/abs/2008.01040
    Phothilimthana et al., TpuGraphs: A Performance Prediction Dataset on Large Tensor
    Computational Graphs, NeurIPS 2023. https://arxiv.org/abs/2308.13490
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cost_model.dataset import read_kernel as read_kernel
    from cost_model.dataset import read_kernels as read_kernels
    from cost_model.dataset import write_kernel as write_kernel
    from cost_model.kernel import Kernel as Kernel
    from cost_model.tuning.tune import tune as tune

# Names are looked up on first use: numpy alone costs more than all the rest of an import.
_HOME = {
    "Kernel": "kernel",
    "read_kernel": "dataset",
    "read_kernels": "dataset",
    "tune": "tuning.tune",
    "write_kernel": "dataset",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(f"cost_model.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'cost_model' has no attribute {name!r}")
