"""Statistics of an evaluation: totals, means, wins and losses, confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlgo.evaluate.result import Evaluation, Ratio, Sizes

_CONFIDENCE = 0.95
_RESAMPLES = 2000


@dataclass(frozen=True)
class Comparison:
    """Many things' sizes, policy against stock.

    Attributes:
        items: how many things there are.
        compared: how many of them built with stock and with the policy; the rest counts those.
        stock: bytes in sum.
        policy: bytes in sum.
        change: policy / stock - 1 of the sums; None when nothing was compared.
        geometric_mean: of the things' own policy / stock, minus 1 (those without code left
            out); None when nothing was compared.
        smaller, bigger, same: how many became so.
    """

    items: int
    compared: int
    stock: int
    policy: int
    change: float | None
    geometric_mean: float | None
    smaller: int
    bigger: int
    same: int


def compare(sizes: Iterable[Sizes]) -> Comparison:
    """Compares the policy's sizes with stock's."""
    sizes = list(sizes)
    pairs = [(s.stock, s.policy) for s in sizes if s.stock is not None and s.policy is not None]
    stock, policy = sum(s for s, _ in pairs), sum(p for _, p in pairs)
    return Comparison(
        items=len(sizes),
        compared=len(pairs),
        stock=stock,
        policy=policy,
        change=policy / stock - 1 if stock else None,
        geometric_mean=geometric_mean_change(pairs),
        smaller=sum(p < s for s, p in pairs),
        bigger=sum(p > s for s, p in pairs),
        same=sum(p == s for s, p in pairs),
    )


def geometric_mean_change(pairs: Iterable[tuple[float, float]]) -> float | None:
    """Returns the geometric mean of after / before, minus 1; pairs with a 0 are left out."""
    logs = [math.log(after / before) for before, after in pairs if before > 0 and after > 0]
    return math.expm1(math.fsum(logs) / len(logs)) if logs else None


def change(sizes: Sizes) -> float | None:
    """Returns policy / stock - 1; None where one is missing, or there was no code."""
    if sizes.stock is None or sizes.policy is None or sizes.stock == 0:
        return None
    return sizes.policy / sizes.stock - 1


def totals(evaluation: Evaluation) -> dict[str, Comparison]:
    """Returns the comparisons of all programs and of all their modules.

    Returns:
        "linked" (one item per program), "objects" (one per module) and, when the evaluation
        has a full-LTO build, "lto_linked" (one per program).
    """
    programs = evaluation.programs
    out = {
        "linked": compare(program.linked for program in programs),
        "objects": compare(module.text for program in programs for module in program.modules),
    }
    if evaluation.settings.lto:
        out["lto_linked"] = compare(program.lto_linked for program in programs)
    return out


def interleaved_ratio(
    baseline: NDArray[np.float64], other: NDArray[np.float64], seed: int
) -> Ratio:
    """Returns the ratio of two interleaved series of times with its confidence interval.

    The ratio is that of the sums. The interval is a percentile bootstrap (Efron & Tibshirani,
    An Introduction to the Bootstrap, 1993) over the rounds of each thing, pairs kept together:
    the things themselves are not a sample, they are the program. It is widened by
    sqrt(n / (n - 1)), since resampling n rounds has that much too little spread.

    Args:
        baseline: [things, rounds], seconds.
        other: [things, rounds], seconds; `other[i, j]` measured next to `baseline[i, j]`.
        seed: of the resampling.

    Raises:
        ValueError: fewer than two rounds, no things, or shapes that differ.
    """
    things, rounds = baseline.shape
    if baseline.shape != other.shape or things == 0 or rounds < 2:
        raise ValueError(f"no interval from shapes {baseline.shape} and {other.shape}")
    rng = np.random.default_rng(seed)
    # How often each round of each thing is drawn, in each resample.
    draws = rng.multinomial(rounds, np.full(rounds, 1 / rounds), size=(_RESAMPLES, things))
    weights = draws.reshape(_RESAMPLES, -1).astype(np.float64)
    samples = (weights @ other.ravel()) / (weights @ baseline.ravel())
    tail = (1 - _CONFIDENCE) / 2
    low, high = np.quantile(samples, [tail, 1 - tail])
    value = float(other.sum() / baseline.sum())
    widen = math.sqrt(rounds / (rounds - 1))
    return Ratio(value, value - (value - low) * widen, value + (high - value) * widen)
