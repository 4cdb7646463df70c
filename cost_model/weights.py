"""The weights of a tile ranker, and what it computes, in NumPy: ranking needs no TensorFlow.

    score = mean over members of MLP(z) + z . skip,  z = clip((features - mean) / deviation)

Lower scores are faster tiles; a difference of scores estimates the logarithm of a ratio of
times. Format `cost-model-ranker-1`: one line of JSON, then float32 little-endian arrays.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cost_model.kernel import Floats
from mlgo.atomic import write_bytes
from mlgo.errors import UserError

FORMAT = "cost-model-ranker-1"
#: Standardized features beyond this are as good as this: kernels unlike all of the training.
CLIP = 5.0


@dataclass(frozen=True, eq=False)
class Weights:
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
        body = b"".join(np.ascontiguousarray(a, "<f4").tobytes() for a in arrays)
        return json.dumps(header).encode() + b"\n" + body

    def save(self, path: Path) -> None:
        """Writes the file; it is whole or untouched."""
        write_bytes(path, self.to_bytes())

    @property
    def sha256(self) -> str:
        """Identifies the model; its card and the C library carry it."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def load_weights(path: Path) -> Weights:
    """Reads a model.

    Raises:
        UserError: the file is missing or malformed.
    """
    try:
        first, _, body = path.read_bytes().partition(b"\n")
        header = json.loads(first)
        if header["format"] != FORMAT:
            raise ValueError(f"the format is {header['format']!r}, not {FORMAT!r}")
        return _parse(header, np.frombuffer(body, "<f4").astype(np.float32))
    except FileNotFoundError as error:
        raise UserError(f"no model at {path}", hint="train one: cost-model train DATA") from error
    except (ValueError, KeyError, TypeError) as error:
        hint = "give weights.ranker of a training folder"
        raise UserError(f"{path} is no model of `cost-model train`: {error}", hint) from error


def _parse(header: dict[str, Any], numbers: Floats) -> Weights:
    if not np.isfinite(numbers).all():
        raise ValueError("a weight is not a finite number")
    features, members = tuple(header["features"]), int(header["members"])
    position = 0

    def take(*shape: int) -> Floats:
        nonlocal position
        begin, position = position, position + int(np.prod(shape))
        return numbers[begin:position].reshape(shape)

    inputs = len(features)
    mean, deviation, skip = take(inputs), take(inputs), take(members, inputs)
    kernels, biases = [], []
    for outputs in header["layers"]:
        kernels.append(take(members, inputs, outputs))
        biases.append(take(members, outputs))
        inputs = outputs
    if position != len(numbers) or inputs != 1 or not kernels:
        raise ValueError("its size does not fit its header")
    return Weights(features, mean, deviation, tuple(kernels), tuple(biases), skip)
