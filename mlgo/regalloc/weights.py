"""The weights of an eviction policy: one small network scores every slot, LLVM's choice gets more.

    score[s] = MLP((x[s] - mean) / deviation) + default_weight * (s is LLVM's default choice)
    x[s] = squash(features[s], s is default, s is last; features[last], last is default, 1; globals)
    squash(x) = sign(x) log(1 + |x|), 0 where x is infinite or no number

The last slot is the candidate itself: evict nothing. The legal slot with the highest score wins.
With a last layer of zeros the policy decides as LLVM's default.

The plugin's `file` policy reads the same file (mlgo/plugin/EvictionFileModel.cc), of format
`mlgo-evict-1`: a network (mlgo/perceptron.py) and default_weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgo.perceptron import Perceptron, take_layers
from mlgo.weights_file import Floats, encode, reading

FORMAT = "mlgo-evict-1"


@dataclass(frozen=True)
class Interface:
    """What the compiler tells about a question, as its log's header says.

    Attributes:
        slot_features: names of the tensors of shape (1, width), without the mask.
        global_features: names of the tensors of shape (1,).
        integers: those of both that are int64; the others are float32.
        width: number of slots.
    """

    slot_features: tuple[str, ...]
    global_features: tuple[str, ...]
    integers: tuple[str, ...]
    width: int

    @property
    def inputs(self) -> int:
        """Numbers that the network sees for a slot."""
        return 2 * (len(self.slot_features) + 2) + len(self.global_features)


@dataclass(frozen=True, kw_only=True)
class EvictionWeights(Perceptron):
    """A policy's parameters: a network over what is known of a slot.

    Attributes:
        interface: of the compiler that it was trained for.
        default_weight: how far the network must disagree to overrule LLVM's default.
    """

    interface: Interface
    default_weight: float

    def scores(self, inputs: Floats, default: NDArray[np.bool_]) -> Floats:
        """Returns float32 (...) for squashed inputs (..., inputs); `default` marks LLVM's slots."""
        return np.asarray(self.outputs(inputs) + self.default_weight * default, np.float32)

    def to_bytes(self) -> bytes:
        """Returns the file's content."""
        header = {
            "format": FORMAT,
            "slot_features": list(self.interface.slot_features),
            "global_features": list(self.interface.global_features),
            "integers": list(self.interface.integers),
            "width": self.interface.width,
            "layers": self.layers,
        }
        return encode(header, [*self.arrays, self.default_weight])


def load_eviction_weights(path: Path) -> EvictionWeights:
    """Reads a policy's weights.

    Raises:
        UserError: the file is missing or malformed.
    """
    with reading(path, FORMAT, "an eviction policy", "mlgo train regalloc") as file:
        interface = Interface(
            tuple(file.header["slot_features"]),
            tuple(file.header["global_features"]),
            tuple(file.header["integers"]),
            int(file.header["width"]),
        )
        layers = take_layers(file, interface.inputs)
        (default_weight,) = file.take(1).tolist()
        return EvictionWeights(
            interface=interface, **layers._asdict(), default_weight=default_weight
        )
