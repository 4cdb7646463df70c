"""Every method on every kernel: qualities, means with intervals, and differences to ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cost_model.baselines.analytical import analytical_scores
from cost_model.kernel import Kernel
from cost_model.learn.batches import Array
from cost_model.learn.methods import METHODS, Predict
from cost_model.metrics import (
    Quality,
    expected_top_k_slowdown,
    quality,
    quality_of_chance,
    ranking,
    slowdown_curve,
)

#: The methods that nothing is learned for, with their titles.
CHANCE, DEFAULT, ANALYTICAL = "chance", "default", "analytical"
TITLES = {
    CHANCE: "random order",
    DEFAULT: "default, then random",
    ANALYTICAL: "analytical model",
    **{name: method.title for name, method in METHODS.items()},
}
FIGURES = ("top1", "top5", "top10", "opa", "tau", "needed")
CURVE = 30
_RESAMPLES, _CONFIDENCE = 2000, 0.95


@dataclass(frozen=True)
class Mean:
    """A mean over kernels and its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Judgement:
    """All methods on all kernels.

    Attributes:
        kernels: what was ranked.
        qualities: method -> one per kernel.
        curves: method -> float64 (CURVE,), mean top-K slowdown for K = 1, 2, ...
    """

    kernels: tuple[Kernel, ...]
    qualities: Mapping[str, tuple[Quality, ...]]
    curves: Mapping[str, Array]

    def values(self, method: str, figure: str) -> Array:
        """float64 (kernels,); nan where a kernel has no such figure."""
        return np.array([getattr(q, figure) for q in self.qualities[method]], np.float64)


def judge(kernels: Sequence[Kernel], methods: Mapping[str, Predict]) -> Judgement:
    """Lets every method and every baseline rank every kernel.

    Args:
        kernels: measured ones.
        methods: name -> scores of a kernel's tiles.
    """
    rankers: dict[str, Predict] = {ANALYTICAL: analytical_scores, **methods}
    if all(kernel.default_index >= 0 for kernel in kernels):
        rankers = {DEFAULT: _default_first, **rankers}
    qualities = {CHANCE: tuple(quality_of_chance(kernel.config_runtime) for kernel in kernels)}
    curves = {CHANCE: np.mean([_chance_curve(kernel) for kernel in kernels], axis=0)}
    for name, predict in rankers.items():
        scores = [predict(kernel) for kernel in kernels]
        pairs = list(zip(kernels, scores, strict=True))
        qualities[name] = tuple(quality(k.config_runtime, s) for k, s in pairs)
        lines = [slowdown_curve(k.config_runtime, ranking(s), CURVE) for k, s in pairs]
        curves[name] = np.mean(lines, axis=0)
    return Judgement(tuple(kernels), qualities, curves)


def _default_first(kernel: Kernel) -> Array:
    return np.asarray(np.arange(kernel.configs) != kernel.default_index, np.float32)


def _chance_curve(kernel: Kernel) -> list[float]:
    return [expected_top_k_slowdown(kernel.config_runtime, k + 1) for k in range(CURVE)]


def mean(values: Array, seed: int = 0) -> Mean:
    """A mean with its percentile bootstrap interval over kernels (Efron & Tibshirani, 1993)."""
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return Mean(np.nan, np.nan, np.nan)
    draws = np.random.default_rng(seed).integers(len(known), size=(_RESAMPLES, len(known)))
    tail = (1 - _CONFIDENCE) / 2
    low, high = np.quantile(known[draws].mean(axis=1), [tail, 1 - tail])
    return Mean(float(known.mean()), float(low), float(high))


def advantage(judgement: Judgement, ours: str, other: str, figure: str) -> Mean:
    """Mean of `other` minus `ours` on the same kernels, with its interval.

    Positive is better for us where less is better (slowdowns, measurements); for accuracy and
    tau it is `ours` minus `other`.
    """
    difference = judgement.values(other, figure) - judgement.values(ours, figure)
    return mean(-difference if figure in ("opa", "tau") else difference)
