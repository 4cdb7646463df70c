"""The weights of a policy of the order of allocation: a small network moves live ranges.

    priority = LLVM's, but its size part times exp(MLP((squash(x) - mean) / deviation))
    squash(x) = sign(x) log(1 + |x|), 0 where x is infinite or no number

LLVM gives large live ranges their registers first, and local ones in the order of instructions;
hints and register classes come before that and stay as they are. A last layer of zeros is LLVM's
order.

The plugin reads the same file (mlgo/plugin/PriorityFileModel.cc), of format `mlgo-priority-1`; see
mlgo/perceptron.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mlgo.perceptron import Perceptron, squash, take_layers
from mlgo.weights_file import Floats, encode, format_of, reading

FORMAT = "mlgo-priority-1"

#: What an order is for: which functions the plugin gives it, and which of its two places.
Goal = Literal["speed", "size"]

#: What the plugin tells of a live range (mlgo/plugin/LiveRange.h); all float32 of shape (1,).
FEATURES: Final = (
    "li_size",
    "use_frequency",
    "uses",
    "is_local",
    "has_hint",
    "is_spillable",
)


@dataclass(frozen=True, kw_only=True)
class PriorityWeights(Perceptron):
    """A policy's parameters: a network over squashed features.

    Attributes:
        features: names of the inputs, in order.
        goal: what it was trained for.
    """

    features: tuple[str, ...]
    goal: Goal = "speed"

    def shifts(self, x: NDArray[np.float32]) -> Floats:
        """Returns the factors' logarithms, float32 (n,), for float32 (n, features)."""
        return self.outputs(squash(x))

    def to_bytes(self) -> bytes:
        """Returns the file's content."""
        header: dict[str, Any] = {
            "format": FORMAT,
            "features": list(self.features),
            "layers": self.layers,
        }
        if self.goal != "speed":  # the first files did not say
            header["goal"] = self.goal
        return encode(header, self.arrays)


def is_order(path: Path) -> bool:
    """Returns whether a file of weights holds a policy of the order, not one of evictions."""
    return format_of(path) == FORMAT


def load_priority_weights(path: Path) -> PriorityWeights:
    """Reads a policy's weights.

    Raises:
        UserError: the file is missing or malformed.
    """
    with reading(path, FORMAT, "an order of allocation", "mlgo train regalloc") as file:
        features = tuple(file.header["features"])
        goal = file.header.get("goal", "speed")
        if goal not in get_args(Goal):
            raise ValueError(f"its goal is {goal!r}, not speed or size")
        layers = take_layers(file, len(features))
        return PriorityWeights(features=features, goal=goal, **layers._asdict())
