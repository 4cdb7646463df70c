"""The tile that a model chooses against XLA's default tile and XLA's libraries, interleaved."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cost_model.kernel import Floats, Kernel
from cost_model.measure.collect import Draw
from cost_model.measure.convert import tile_features
from cost_model.measure.spec import KernelSpec
from cost_model.tile import DEFAULT, Tile, legal
from cost_model.xla.knob import LIBRARIES

#: What the chosen tile is compared with.
RIVALS = ("default", *LIBRARIES, "library")
_CONFIDENCE, _RESAMPLES = 0.95, 2000


@dataclass(frozen=True)
class Contest:
    """One kernel's times in ns, all from the same rounds.

    Attributes:
        spec: the kernel.
        chosen: the tile that the model ranks first.
        first_ns: its time.
        default_ns: XLA's default tile's.
        best_of_few_ns: of the fastest of the first few tiles; chosen by the even rounds, timed
            by the odd ones, so that luck does not count.
        default_odd_ns: the default tile's in the odd rounds, to compare that with.
        libraries_ns: "eigen" and "ynn".
    """

    spec: KernelSpec
    chosen: str
    first_ns: int
    default_ns: int
    best_of_few_ns: int
    default_odd_ns: int
    libraries_ns: dict[str, int]

    def speedup(self, rival: str) -> float:
        """How many times as fast as a rival of `RIVALS` the first tile is."""
        times = {
            "default": self.default_ns, **self.libraries_ns,
            "library": min(self.libraries_ns.values()),
        }  # fmt: skip
        return times[rival] / self.first_ns

    @property
    def speedup_of_few(self) -> float:
        """How many times as fast as the default the fastest of the first few tiles is."""
        return self.default_odd_ns / self.best_of_few_ns


def ranked_tiles(kernels: Iterable[Kernel], ranker: Callable[[Kernel], Floats], few: int) -> Draw:
    """Returns a function that draws a kernel's default tile and its `few` best-ranked ones.

    Args:
        kernels: of a data set; their own tiles do not matter, all legal ones are ranked.
        ranker: the model.
        few: how many.
    """
    by_spec = {KernelSpec(**k.metadata["spec"]): k for k in kernels}

    def draw(spec: KernelSpec) -> Sequence[Tile]:
        kernel = by_spec[spec]
        lanes = int(kernel.metadata["lanes"])
        tiles = legal(spec.m, spec.k, spec.n, lanes)
        empty = np.zeros(0, np.int64)
        asked = dataclasses.replace(
            kernel, config_feat=tile_features(tiles, lanes), config_runtime=empty, noise=None,
            config_runtime_normalizers=empty, default_index=tiles.index(DEFAULT),
        )  # fmt: skip
        order = np.argsort(ranker(asked), kind="stable")[:few]
        return list(dict.fromkeys([tiles[order[0]], *(tiles[i] for i in order), DEFAULT]))

    return draw


def contest(record: dict[str, Any]) -> Contest | None:
    """Returns a measured kernel's contest; None when some side of it could not be measured."""
    times = {c["name"]: c["ns"] for c in record["candidates"] if c["ns"]}
    tiles = [c["name"] for c in record["candidates"] if c["name"] not in LIBRARIES]
    if not {tiles[0], str(DEFAULT), *LIBRARIES} <= times.keys():
        return None
    first, default = times[tiles[0]], times[str(DEFAULT)]
    few = min((times[name] for name in tiles if name in times), key=lambda ns: min(ns[::2]))
    return Contest(
        KernelSpec(**record["spec"]), tiles[0], min(first), min(default), min(few[1::2]),
        min(default[1::2]), {name: min(times[name]) for name in LIBRARIES},
    )  # fmt: skip


@dataclass(frozen=True)
class Speedup:
    """Many kernels' speedups.

    Attributes:
        mean: geometric mean.
        low, high: its bootstrap interval of 95 %.
        worst: the smallest.
        slower: how many are below 0.97.
        count: of the kernels.
    """

    mean: float
    low: float
    high: float
    worst: float
    slower: int
    count: int


def speedup(values: Sequence[float], seed: int = 0) -> Speedup:
    """Sums up speedups; there must be some."""
    logs = np.log(np.asarray(values))
    draws = np.random.default_rng(seed).integers(len(logs), size=(_RESAMPLES, len(logs)))
    tail = (1 - _CONFIDENCE) / 2
    low, high = np.quantile(logs[draws].mean(axis=1), [tail, 1 - tail])
    return Speedup(
        float(np.exp(logs.mean())), float(np.exp(low)), float(np.exp(high)),
        float(min(values)), int(sum(v < 0.97 for v in values)), len(values),
    )  # fmt: skip
