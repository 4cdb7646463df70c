"""The weights of a choice of passes: a small network says whether a function is smaller without.

    score = MLP((squash(x) - mean) / deviation)

x are what is known of the function and, for each pass, whether it is the one in question. A
positive score means: skip it. The plugin reads the same file (mlgo/plugin/FeatureFileModel.cc), of
format `mlgo-passes-1`; see mlgo/perceptron.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mlgo.perceptron import Perceptron, squash, take_layers
from mlgo.weights_file import Floats, encode, reading

FORMAT = "mlgo-passes-1"

#: The passes that the plugin can skip (mlgo/plugin/PassGate.cc).
PASSES: Final = (
    "loop_strength_reduction",
    "early_machine_licm",
    "machine_cse",
    "machine_sink",
    "optimize_leas",
    "block_placement",
    "fixup_leas",
)

#: What the plugin tells of a function (mlgo/plugin/FunctionFeatures.h); float32 of shape (1,).
FUNCTION_FEATURES: Final = (
    "instructions",
    "blocks",
    "arguments",
    "loops",
    "innermost_loops",
    "loop_depth",
    "loop_instructions",
    "loop_phis",
    "loop_pointer_phis",
    "loads",
    "stores",
    "calls",
    "intrinsics",
    "phis",
    "addresses",
    "variable_addresses",
    "branches",
    "switches",
    "compares",
    "casts",
    "multiplications",
    "selects",
    "locals",
    "floats",
    "constants",
    "returns",
)
FEATURES: Final = FUNCTION_FEATURES + PASSES


@dataclass(frozen=True, kw_only=True)
class PassWeights(Perceptron):
    """A policy's parameters: a network over squashed features.

    Attributes:
        features: names of the inputs, in order.
    """

    features: tuple[str, ...]

    def scores(self, x: NDArray[np.float32]) -> Floats:
        """Returns float32 (n,) for float32 (n, features)."""
        return self.outputs(squash(x))

    def to_bytes(self) -> bytes:
        """Returns the file's content."""
        header = {"format": FORMAT, "features": list(self.features), "layers": self.layers}
        return encode(header, self.arrays)


def load_pass_weights(path: Path) -> PassWeights:
    """Reads a policy's weights.

    Raises:
        UserError: the file is missing or malformed.
    """
    with reading(path, FORMAT, "a choice of passes", "mlgo train passes") as file:
        features = tuple(file.header["features"])
        return PassWeights(features=features, **take_layers(file, len(features))._asdict())
