"""The measured kernels that the package publishes."""

from __future__ import annotations

import functools
from pathlib import Path

import cost_model
from cost_model.dataset import read_kernels
from cost_model.kernel import Kernel

FOLDER = Path(cost_model.__file__).parent / "data" / "xla-cpu"


@functools.cache
def family(name: str) -> tuple[Kernel, ...]:
    """The kernels of one model family."""
    return tuple(read_kernels(FOLDER / f"{name}.zip"))
