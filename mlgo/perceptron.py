"""Small networks over a compiler's numbers: standardised inputs, tanh layers, one output.

    output = MLP((x - mean) / deviation)

In a file (mlgo/weights_file.py): mean, deviation, per layer kernel and bias, and then what a policy
has beside its network. The plugin's `Perceptron` computes the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from mlgo.weights_file import Floats, Stored, WeightsFile

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Perceptron(Stored):
    """A network's parameters.

    Attributes:
        mean, deviation: float32 (inputs,), of the inputs.
        kernels: per layer float32 (inputs, outputs); the last has one output.
        biases: per layer float32 (outputs,).
    """

    mean: Floats
    deviation: Floats
    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    def outputs(self, x: Floats) -> Floats:
        """Returns float32 (...) for inputs (..., inputs)."""
        activation = (x - self.mean) / self.deviation
        for index, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            activation = activation @ kernel + bias
            if index + 1 < len(self.kernels):
                activation = np.tanh(activation)
        return np.asarray(activation[..., 0], np.float32)

    @property
    def layers(self) -> list[int]:
        """Each layer's outputs, as a file's header has them."""
        return [kernel.shape[1] for kernel in self.kernels]

    @property
    def arrays(self) -> list[Floats]:
        """The parameters in the order of a file."""
        pairs = zip(self.kernels, self.biases, strict=True)
        return [self.mean, self.deviation, *(array for pair in pairs for array in pair)]


def squash(x: NDArray[np.generic]) -> Floats:
    """Compresses numbers of any magnitude: sign(x) log(1 + |x|), float32; 0 for infinity and NaN.

    LLVM 22 divides by the size of empty live ranges.
    """
    values = x.astype(np.float32)
    values = np.where(np.isfinite(values), values, np.float32(0))
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), np.float32)


class Layers(NamedTuple):
    """Parameters as `Perceptron` has them."""

    mean: Floats
    deviation: Floats
    kernels: tuple[Floats, ...]
    biases: tuple[Floats, ...]


def take_layers(file: WeightsFile, inputs: int) -> Layers:
    """Reads the next parameters of a file; its header has "layers".

    Raises:
        ValueError: the file does not fit its header.
    """
    mean, deviation = file.take(inputs), file.take(inputs)
    kernels, biases = [], []
    for outputs in file.header["layers"]:
        kernels.append(file.take(inputs, outputs))
        biases.append(file.take(outputs))
        inputs = outputs
    if inputs != 1 or not kernels:
        raise ValueError("its size does not fit its header")
    return Layers(mean, deviation, tuple(kernels), tuple(biases))


def untrained(mean: Floats, deviation: Floats, layers: Sequence[int], seed: int) -> Layers:
    """Returns parameters for hidden layers of these sizes; the last kernel is zero, and the output.

    Args:
        mean: float32 (inputs,), of the inputs.
        deviation: likewise; too small ones become 0.001.
        layers: sizes of the hidden layers.
        seed: of the hidden layers' kernels.
    """
    rng = np.random.default_rng(seed)
    kernels, inputs = [], len(mean)
    for outputs in layers:
        bound = np.sqrt(6 / (inputs + outputs))  # Glorot and Bengio, 2010
        kernels.append(rng.uniform(-bound, bound, (inputs, outputs)).astype(np.float32))
        inputs = outputs
    kernels.append(np.zeros((inputs, 1), np.float32))
    biases = tuple(np.zeros(kernel.shape[1], np.float32) for kernel in kernels)
    narrow = np.maximum(deviation, 1e-3).astype(np.float32)
    return Layers(mean.astype(np.float32), narrow, tuple(kernels), biases)


AnyPerceptron = TypeVar("AnyPerceptron", bound=Perceptron)


def ensemble(members: Sequence[AnyPerceptron]) -> AnyPerceptron:
    """Returns one wider network whose output is the mean of its members' outputs.

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


def parameters(network: Perceptron) -> Vector:
    """Returns kernels and biases as one vector."""
    arrays = [*network.kernels, *network.biases]
    return np.asarray(np.concatenate([a.reshape(-1) for a in arrays]), np.float64)


def with_parameters(network: AnyPerceptron, theta: Vector) -> AnyPerceptron:
    """Returns the network with other kernels and biases; inverse of `parameters`."""
    arrays, position = [], 0
    for old in (*network.kernels, *network.biases):
        part = theta[position : position + old.size]
        arrays.append(part.reshape(old.shape).astype(np.float32))
        position += old.size
    count = len(network.kernels)
    return dataclasses.replace(network, kernels=tuple(arrays[:count]), biases=tuple(arrays[count:]))
