"""Where TensorFlow Lite Micro itself would put the tensors: the plan to beat.

After GreedyMemoryPlanner (tensorflow/lite/micro/memory_planner/greedy_memory_planner.cc):
largest buffer first, of equal ones the later first, each in the lowest gap that holds it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telamalloc.formats.tflm.lifetimes import Lifetimes
from telamalloc.formats.tflm.metadata import RUNTIME


def greedy_offsets(lives: Lifetimes) -> NDArray[np.int64]:
    """The runtime's own offsets in bytes, int64 [tensors]; RUNTIME where none is needed."""
    lower, upper, size = lives.lower, lives.upper, lives.size
    offset = np.full(len(size), RUNTIME, np.int64)
    order = np.lexsort((-np.arange(len(size)), -size))
    order = order[size[order] > 0]
    for place, tensor in enumerate(order):
        placed = order[:place]
        alive = (lower[placed] < upper[tensor]) & (lower[tensor] < upper[placed])
        offset[tensor] = _lowest_gap(placed[alive], offset, size, int(size[tensor]))
    return offset


def _lowest_gap(
    others: NDArray[np.int64], offset: NDArray[np.int64], size: NDArray[np.int64], wanted: int
) -> int:
    lowest = 0
    for other in others[np.argsort(offset[others], kind="stable")]:
        if offset[other] - lowest >= wanted:
            break
        lowest = max(lowest, int(offset[other] + size[other]))
    return lowest
