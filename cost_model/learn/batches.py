"""Batches of kernels and tiles, padded to one shape, in a seeded order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cost_model.kernel import Kernel

Array = NDArray[Any]
#: (kernel, rows) -> the arrays that a model sees of these tiles.
Inputs = Callable[[Kernel, Array], dict[str, Array]]


@dataclass(frozen=True)
class Batch:
    """Several kernels with some of their tiles each.

    Attributes:
        inputs: what the model sees, each (b, ...), padded with zeros.
        labels: float32 (b, c), logarithms of runtimes.
        mask: bool (b, c), False for padding.
        index: int32 (b,), which kernels these are.
    """

    inputs: dict[str, Array]
    labels: Array
    mask: Array
    index: Array


def epoch(
    kernels: Sequence[Kernel], inputs: Inputs, size: int, tiles: int, seed: Sequence[int]
) -> Iterator[Batch]:
    """One pass over all kernels, in batches of `size`, at most `tiles` tiles of each."""
    rng = np.random.default_rng(list(seed))
    order = rng.permutation(len(kernels))
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        rows = [_draw(rng, kernels[i].configs, tiles) for i in chosen]
        yield _collate([kernels[i] for i in chosen], rows, inputs, chosen)


def _draw(rng: np.random.Generator, configs: int, tiles: int) -> Array:
    if configs <= tiles:
        return np.arange(configs)
    return np.sort(rng.choice(configs, tiles, replace=False))


def _collate(
    kernels: Sequence[Kernel], rows: Sequence[Array], inputs: Inputs, index: Array
) -> Batch:
    parts = [inputs(kernel, row) for kernel, row in zip(kernels, rows, strict=True)]
    labels = [np.log(k.labels[r]).astype(np.float32) for k, r in zip(kernels, rows, strict=True)]
    mask = [np.ones(len(row), bool) for row in rows]
    joined = {name: pad([part[name] for part in parts]) for name in parts[0]}
    return Batch(joined, pad(labels), pad(mask), index.astype(np.int32))


def pad(arrays: Sequence[Array]) -> Array:
    """Stacks arrays of one rank, padded with zeros at their ends."""
    shape = np.max([array.shape for array in arrays], axis=0)
    out = np.zeros((len(arrays), *shape), arrays[0].dtype)
    for row, array in zip(out, arrays, strict=True):
        row[tuple(slice(0, length) for length in array.shape)] = array
    return out
