"""When TensorFlow Lite Micro needs which tensor: its own rules, so that a plan fits its runs.

After AllocationInfoBuilder::MarkAllocationLifetimes
(tensorflow/lite/micro/micro_allocation_info.cc): every operator and every called subgraph
is a step of one clock; a tensor lives from the step that writes it to the last that reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telamalloc.formats.tflm.model import Model

ALIGNMENT = 16  # bytes: TFLM's MicroArenaBufferAlignment(), of offsets and of sizes


@dataclass
class _Clock:
    """The walk over the model; `first` and `last` are steps, inclusive, -1 for never."""

    model: Model
    starts: list[int]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    now: int = 0

    def create(self, tensor: int) -> None:
        self.first[tensor] = self.last[tensor] = self.now

    def use(self, tensor: int) -> None:
        self.last[tensor] = self.now

    def run(self, index: int) -> None:
        """Visits subgraph `index` as TFLM would run it."""
        subgraph, start = self.model.subgraphs[index], self.starts[index]
        for tensor in subgraph.inputs + subgraph.outputs:
            self.create(start + tensor)
        for operator in subgraph.operators:
            self.now += 1
            for tensor in operator.outputs:
                self.create(start + tensor)
            for called in operator.calls:
                self.now += 1
                self.run(called)
            for tensor in operator.inputs + operator.outputs:
                if tensor >= 0:
                    self.use(start + tensor)
        for tensor in subgraph.outputs:
            self.use(start + tensor)


@dataclass(frozen=True)
class Lifetimes:
    """Of all tensors of all subgraphs, in the model's order.

    Attributes:
        lower: first step, int64 [n].
        upper: one past the last step, int64 [n].
        size: bytes in the arena, a multiple of ALIGNMENT, int64 [n]; 0 = not planned.
    """

    lower: NDArray[np.int64]
    upper: NDArray[np.int64]
    size: NDArray[np.int64]


def lifetimes(model: Model) -> Lifetimes:
    """The lifetimes that TFLM gives to the model's tensors.

    A tensor that no operator touches lives in step 0 alone, before the first subgraph.
    """
    tensors = model.tensors
    counts = [len(subgraph.tensors) for subgraph in model.subgraphs]
    starts = [0, *np.cumsum(counts).tolist()]
    never = np.full(len(tensors), -1, np.int64)
    clock = _Clock(model, starts, never.copy(), never.copy())
    clock.run(0)
    size = np.array([tensor.size if tensor.planned else 0 for tensor in tensors], np.int64)
    return Lifetimes(clock.first + 1, clock.last + 2, -(-size // ALIGNMENT) * ALIGNMENT)
