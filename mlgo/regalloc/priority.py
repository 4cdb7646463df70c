"""The weights of a policy of the order of allocation: a small network moves live ranges.

    priority = LLVM's, but its size part times exp(MLP((squash(x) - mean) / deviation))
    squash(x) = sign(x) log(1 + |x|), 0 where x is infinite or no number

LLVM gives large live ranges their registers first, and local ones in the order of instructions;
hints and register classes come before that and stay as they are. A last layer of zeros is LLVM's
order.

The plugin reads the same file (mlgo/plugin/PriorityFileModel.cc). Format `mlgo-priority-1`: one
line of JSON, then float32 little-endian: mean, deviation, per layer kernel (inputs x outputs,
row-major) and bias.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mlgo.atomic import write_bytes
from mlgo.errors import UserError
from mlgo.regalloc.weights import Floats, squash

FORMAT = "mlgo-priority-1"

#: What the plugin tells of a live range (mlgo/plugin/LiveRange.h); all float32 of shape (1,).
FEATURES: Final = (
    "li_size",
    "use_frequency",
    "uses",
    "is_local",
    "has_hint",
    "is_spillable",
)


@dataclass(frozen=True)
class PriorityWeights:
    """A policy's parameters.

    Attributes:
        features: names of the inputs, in order.
        mean, deviation: float32 (features,), of the squashed inputs.
        kernels: per layer float32 (inputs, outputs); the last has one output.
        biases: per layer float32 (outputs,).
    """

    features: tuple[str, ...]
    mean: Floats
    deviation: Floats
    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    def shifts(self, x: NDArray[np.float32]) -> Floats:
        """Returns the factors' logarithms, float32 (n,), for float32 (n, features)."""
        activation = (squash(x) - self.mean) / self.deviation
        for index, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            activation = activation @ kernel + bias
            if index + 1 < len(self.kernels):
                activation = np.tanh(activation)
        return np.asarray(activation[:, 0], np.float32)

    def to_bytes(self) -> bytes:
        """Returns the file's content."""
        header = {
            "format": FORMAT,
            "features": list(self.features),
            "layers": [kernel.shape[1] for kernel in self.kernels],
        }
        arrays = [self.mean, self.deviation]
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            arrays += [kernel, bias]
        body = b"".join(np.ascontiguousarray(a, "<f4").tobytes() for a in arrays)
        return json.dumps(header).encode() + b"\n" + body

    def save(self, path: Path) -> None:
        """Writes the file, atomically."""
        write_bytes(path, self.to_bytes())

    @property
    def sha256(self) -> str:
        """Identifies the policy; the model card and the plugin carry it."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def load_priority_weights(path: Path) -> PriorityWeights:
    """Reads a policy's weights.

    Raises:
        UserError: the file is missing or malformed.
    """
    try:
        line, _, body = path.read_bytes().partition(b"\n")
        header = json.loads(line)
        if header["format"] != FORMAT:
            raise ValueError(f"the format is {header['format']!r}, not {FORMAT!r}")
        return _parse(tuple(header["features"]), list(header["layers"]), body)
    except FileNotFoundError as error:
        raise UserError(f"no model at {path}", hint="train one: mlgo train regalloc") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no model of an order of allocation: {error}") from error


def _parse(features: tuple[str, ...], layers: list[int], body: bytes) -> PriorityWeights:
    numbers = np.frombuffer(body, "<f4").astype(np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError("a weight is not a finite number")
    sizes = [len(features), *layers]
    shapes: list[tuple[int, ...]] = [(sizes[0],), (sizes[0],)]
    for inputs, outputs in itertools.pairwise(sizes):
        shapes += [(inputs, outputs), (outputs,)]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    if not layers or layers[-1] != 1 or ends[-1] != len(numbers):
        raise ValueError("its size does not fit its header")
    parts = np.split(numbers, ends[:-1])
    mean, deviation, *rest = (p.reshape(shape) for p, shape in zip(parts, shapes, strict=True))
    return PriorityWeights(features, mean, deviation, tuple(rest[::2]), tuple(rest[1::2]))
