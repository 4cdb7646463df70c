"""The weights of a tile ranker, and what it computes, in NumPy: ranking needs no TensorFlow.

    score = mean over members of MLP(z) + z . skip,  z = clip((features - mean) / deviation)

Lower scores are faster tiles; a difference of scores estimates the logarithm of a ratio of
times. The format is `cost-model-ranker-1` (mlgo/weights_file.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cost_model.kernel import Floats
from mlgo.weights_file import Stored, encode, reading

FORMAT = "cost-model-ranker-1"
#: Standardized features beyond this are as good as this: kernels unlike all of the training.
CLIP = 5.0


@dataclass(frozen=True, eq=False)
class Weights(Stored):
    """A trained ensemble.

    Attributes:
        features: names of the inputs, in order.
        mean, deviation: float32 (features,).
        kernels: per layer float32 (members, inputs, outputs); the last has one output.
        biases: per layer float32 (members, outputs).
        skip: float32 (members, features), a linear path past the layers.
    """

    features: tuple[str, ...]
    mean: Floats
    deviation: Floats
    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    skip: Floats

    def scores(self, values: Floats) -> Floats:
        """Returns float32 (c,), lower is faster, for features (c, features)."""
        z = np.clip((values - self.mean) / self.deviation, -CLIP, CLIP).astype(np.float32)
        hidden = np.broadcast_to(z, (len(self.skip), *z.shape))
        for index, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            hidden = hidden @ kernel + bias[:, None, :]
            if index + 1 < len(self.kernels):
                hidden = np.maximum(hidden, 0)
        each = hidden[..., 0] + self.skip @ z.T
        return np.asarray(each.mean(axis=0), np.float32)

    def to_bytes(self) -> bytes:
        """Returns the file's content."""
        header = {
            "format": FORMAT,
            "features": list(self.features),
            "members": len(self.skip),
            "layers": [kernel.shape[-1] for kernel in self.kernels],
        }
        arrays = [self.mean, self.deviation, self.skip]
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            arrays += [kernel, bias]
        return encode(header, arrays)


def load_weights(path: Path) -> Weights:
    """Reads a model.

    Raises:
        UserError: the file is missing or malformed.
    """
    hint = "give weights.ranker of a training folder"
    with reading(path, FORMAT, "`cost-model train`", "cost-model train DATA", hint) as file:
        features, members = tuple(file.header["features"]), int(file.header["members"])
        inputs = len(features)
        mean, deviation, skip = file.take(inputs), file.take(inputs), file.take(members, inputs)
        kernels, biases = [], []
        for outputs in file.header["layers"]:
            kernels.append(file.take(members, inputs, outputs))
            biases.append(file.take(members, outputs))
            inputs = outputs
        if inputs != 1 or not kernels:
            raise ValueError("its size does not fit its header")
        return Weights(features, mean, deviation, tuple(kernels), tuple(biases), skip)
