"""The weights of an inlining policy: a small perceptron that corrects LLVM's own decision.

    logit = correction + default_weight * (+1 if default else -1)
    correction = MLP((squash(x) - mean) / deviation), 0 out of scope (mlgo/inlining/scope.py)
    squash(x) = sign(x) log(1 + |x|)

A positive logit means: inline. The plugin's `file` policy reads the same file
(mlgo/plugin/FileModel.cc). Format `mlgo-mlp-3`: one line of JSON, then float32 little-endian:
mean, deviation, per layer kernel (inputs x outputs, row-major) and bias, default_weight,
most_instructions, most_calls, most_plain_calls.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgo.atomic import write_bytes
from mlgo.errors import UserError
from mlgo.inlining.features import DEFAULT_DECISION
from mlgo.inlining.scope import SCOPE_FEATURES, Scope

FORMAT = "mlgo-mlp-3"
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """A policy's parameters.

    Attributes:
        features: names of the inputs, in order; `inlining_default` and those that the scope reads
            among them.
        mean, deviation: float32 (features,), of the squashed inputs.
        kernels: per layer float32 (inputs, outputs); the last has one output.
        biases: per layer float32 (outputs,).
        default_weight: how far the network must disagree to overrule LLVM's default.
        scope: the calls that the network decides.
    """

    features: tuple[str, ...]
    mean: Floats
    deviation: Floats
    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    default_weight: float
    scope: Scope

    def logits(self, x: NDArray[np.int64]) -> Floats:
        """Returns float32 (n,) for int64 features (n, features)."""
        values = squash(x)
        activation = (values - self.mean) / self.deviation
        for index, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            activation = activation @ kernel + bias
            if index + 1 < len(self.kernels):
                activation = np.tanh(activation)
        default = x[:, self.features.index(DEFAULT_DECISION)] != 0
        scope = self.scope.holds(x, self.features)
        logits = scope * activation[:, 0] + self.default_weight * np.where(default, 1, -1)
        return np.asarray(logits, np.float32)

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
        scalars = [self.default_weight, *dataclasses.astuple(self.scope)]
        arrays.append(np.array(scalars, np.float32))
        body = b"".join(np.ascontiguousarray(a, "<f4").tobytes() for a in arrays)
        return json.dumps(header).encode() + b"\n" + body

    def save(self, path: Path) -> None:
        """Writes the file, atomically."""
        write_bytes(path, self.to_bytes())

    @property
    def sha256(self) -> str:
        """Identifies the policy; the model card and the plugin carry it."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def ensemble(members: Sequence[Weights]) -> Weights:
    """Returns one wider network whose logit is the mean of its members' logits.

    Args:
        members: networks of the same shape with at least one hidden layer, over the same inputs,
            mean and deviation.
    """
    layers = list(zip(*(member.kernels for member in members), strict=True))
    biases = list(zip(*(member.biases for member in members), strict=True))
    kernels = [np.concatenate(kernel, axis=int(i == 0)) for i, kernel in enumerate(layers)]
    kernels[1:-1] = [_block_diagonal(kernel) for kernel in layers[1:-1]]
    joined = [np.concatenate(bias) for bias in biases]
    kernels[-1] = kernels[-1] / len(members)
    joined[-1] = np.mean(biases[-1], axis=0)
    return dataclasses.replace(
        members[0],
        kernels=tuple(kernel.astype(np.float32) for kernel in kernels),
        biases=tuple(bias.astype(np.float32) for bias in joined),
    )


def _block_diagonal(blocks: Sequence[Floats]) -> Floats:
    inputs, outputs = blocks[0].shape
    joined = np.zeros((len(blocks) * inputs, len(blocks) * outputs), np.float32)
    for index, block in enumerate(blocks):
        row, column = index * inputs, index * outputs
        joined[row : row + inputs, column : column + outputs] = block
    return joined


def squash(x: NDArray[np.int64]) -> Floats:
    """Compresses counts and costs of any magnitude: sign(x) log(1 + |x|), float32."""
    values = x.astype(np.float32)
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), np.float32)


def load_weights(path: Path) -> Weights:
    """Reads a policy's weights.

    Raises:
        UserError: the file is missing or malformed.
    """
    try:
        header_line, _, body = path.read_bytes().partition(b"\n")
        header = json.loads(header_line)
        if header["format"] != FORMAT:
            raise ValueError(f"the format is {header['format']!r}, not {FORMAT!r}")
        return _parse(tuple(header["features"]), list(header["layers"]), body)
    except FileNotFoundError as error:
        raise UserError(f"no model at {path}", hint="train one: mlgo train inlining") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no model of an inlining policy: {error}") from error


def _parse(features: tuple[str, ...], layers: list[int], body: bytes) -> Weights:
    for needed in (DEFAULT_DECISION, *SCOPE_FEATURES):
        if needed not in features:
            raise ValueError(f"it does not read the feature {needed}")
    numbers = np.frombuffer(body, "<f4")
    if not np.isfinite(numbers).all():
        raise ValueError("a weight is not a finite number")
    position = 0

    def take(*shape: int) -> Floats:
        nonlocal position
        begin, position = position, position + int(np.prod(shape))
        return numbers[begin:position].reshape(shape).astype(np.float32)

    mean, deviation = take(len(features)), take(len(features))
    kernels, biases, inputs = [], [], len(features)
    for outputs in layers:
        kernels.append(take(inputs, outputs))
        biases.append(take(outputs))
        inputs = outputs
    default_weight, *limits = (float(number) for number in take(4))
    if position != len(numbers) or inputs != 1:
        raise ValueError("its size does not fit its header")
    kept = tuple(kernels), tuple(biases)
    return Weights(features, mean, deviation, *kept, default_weight, Scope(*limits))
