"""The weights of an eviction policy: one small network scores every slot, LLVM's choice gets more.

    score[s] = MLP((x[s] - mean) / deviation) + default_weight * (s is LLVM's default choice)
    x[s] = squash(features[s], s is default, s is last; features[last], last is default, 1; globals)
    squash(x) = sign(x) log(1 + |x|), 0 where x is infinite or no number

The last slot is the candidate itself: evict nothing. The legal slot with the highest score wins.
With a last layer of zeros the policy decides as LLVM's default.

The plugin's `file` policy reads the same file (mlgo/plugin/EvictionFileModel.cc). Format
`mlgo-evict-1`: one line of JSON, then float32 little-endian: mean, deviation, per layer kernel
(inputs x outputs, row-major) and bias, default_weight.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgo.atomic import write_bytes
from mlgo.errors import UserError

FORMAT = "mlgo-evict-1"
Floats = NDArray[np.float32]


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


@dataclass(frozen=True)
class EvictionWeights:
    """A policy's parameters.

    Attributes:
        interface: of the compiler that it was trained for.
        mean, deviation: float32 (inputs,), of the squashed inputs.
        kernels: per layer float32 (inputs, outputs); the last has one output.
        biases: per layer float32 (outputs,).
        default_weight: how far the network must disagree to overrule LLVM's default.
    """

    interface: Interface
    mean: Floats
    deviation: Floats
    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    default_weight: float

    def scores(self, inputs: Floats, default: NDArray[np.bool_]) -> Floats:
        """Returns float32 (...) for squashed inputs (..., inputs); `default` marks LLVM's slots."""
        activation = (inputs - self.mean) / self.deviation
        for index, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            activation = activation @ kernel + bias
            if index + 1 < len(self.kernels):
                activation = np.tanh(activation)
        return np.asarray(activation[..., 0] + self.default_weight * default, np.float32)

    def to_bytes(self) -> bytes:
        """Returns the file's content."""
        header = {
            "format": FORMAT,
            "slot_features": list(self.interface.slot_features),
            "global_features": list(self.interface.global_features),
            "integers": list(self.interface.integers),
            "width": self.interface.width,
            "layers": [kernel.shape[1] for kernel in self.kernels],
        }
        arrays = [self.mean, self.deviation]
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            arrays += [kernel, bias]
        arrays.append(np.array([self.default_weight], np.float32))
        body = b"".join(np.ascontiguousarray(a, "<f4").tobytes() for a in arrays)
        return json.dumps(header).encode() + b"\n" + body

    def save(self, path: Path) -> None:
        """Writes the file, atomically."""
        write_bytes(path, self.to_bytes())

    @property
    def sha256(self) -> str:
        """Identifies the policy; the model card and the plugin carry it."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def squash(x: NDArray[np.float32]) -> Floats:
    """Compresses numbers of any magnitude: sign(x) log(1 + |x|), float32; 0 for infinity and NaN.

    LLVM 22 divides by the size of empty live ranges.
    """
    values = np.where(np.isfinite(x), x, 0)
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), np.float32)


def load_eviction_weights(path: Path) -> EvictionWeights:
    """Reads a policy's weights.

    Raises:
        UserError: the file is missing or malformed.
    """
    try:
        line, _, body = path.read_bytes().partition(b"\n")
        header = json.loads(line)
        if header["format"] != FORMAT:
            raise ValueError(f"the format is {header['format']!r}, not {FORMAT!r}")
        interface = Interface(
            tuple(header["slot_features"]),
            tuple(header["global_features"]),
            tuple(header["integers"]),
            int(header["width"]),
        )
        return _parse(interface, list(header["layers"]), body)
    except FileNotFoundError as error:
        raise UserError(f"no model at {path}", hint="train one: mlgo train regalloc") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no model of an eviction policy: {error}") from error


def _parse(interface: Interface, layers: list[int], body: bytes) -> EvictionWeights:
    numbers = np.frombuffer(body, "<f4")
    if not np.isfinite(numbers).all():
        raise ValueError("a weight is not a finite number")
    position = 0

    def take(*shape: int) -> Floats:
        nonlocal position
        begin, position = position, position + int(np.prod(shape))
        return numbers[begin:position].reshape(shape).astype(np.float32)

    inputs = interface.inputs
    mean, deviation = take(inputs), take(inputs)
    kernels, biases = [], []
    for outputs in layers:
        kernels.append(take(inputs, outputs))
        biases.append(take(outputs))
        inputs = outputs
    default_weight = float(take(1)[0])
    if position != len(numbers) or inputs != 1:
        raise ValueError("its size does not fit its header")
    return EvictionWeights(
        interface, mean, deviation, tuple(kernels), tuple(biases), default_weight
    )
