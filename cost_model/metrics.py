"""How good a ranking of tiles is: top-K slowdown, ordered-pair accuracy, Kendall's tau.

Scores are lower for tiles that should be faster. Ties between scores are broken by a seeded
draw, so that the order in which tiles are listed can help no one.

References:
    Phothilimthana et al., TpuGraphs, NeurIPS 2023, section 4: the metrics of the tile task.
    https://arxiv.org/abs/2308.13490
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_ROWS = 1024  # of the table of pairs that is in memory at a time
TOP = (1, 5, 10)


@dataclass(frozen=True)
class Quality:
    """How good the ranking of one kernel's tiles is.

    Attributes:
        top1, top5, top10: the best of the K tiles that are ranked first is slower than the best
            of all by this fraction.
        opa: share of the pairs of different runtimes that are ordered rightly; nan without any.
        tau: Kendall's tau-b; nan when all runtimes are equal.
        needed: measurements until one is within 1 % of the best, tiles taken in ranked order.
    """

    top1: float
    top5: float
    top10: float
    opa: float
    tau: float
    needed: float


def quality(runtime: Array, scores: Array, seed: int = 0) -> Quality:
    """Judges one kernel's ranking.

    Args:
        runtime: (c,), any unit.
        scores: (c,), lower is predicted to be faster.
        seed: breaks ties between scores.

    Raises:
        ValueError: no tiles, or lengths that differ, or a score that is no finite number.
    """
    if len(runtime) == 0 or len(runtime) != len(scores) or not np.isfinite(scores).all():
        raise ValueError(f"{len(scores)} scores for {len(runtime)} runtimes, or not finite")
    order = ranking(scores, seed)
    opa, tau = pair_statistics(runtime, scores)
    top1, top5, top10 = (top_k_slowdown(runtime, order, k) for k in TOP)
    return Quality(top1, top5, top10, opa, tau, measurements_needed(runtime, order))


def quality_of_chance(runtime: Array) -> Quality:
    """What a random order scores in expectation, exactly."""
    top1, top5, top10 = (expected_top_k_slowdown(runtime, k) for k in TOP)
    good = int((runtime <= 1.01 * runtime.min()).sum())
    # The first of `good` marked cards in a shuffled deck lies there on average.
    return Quality(top1, top5, top10, 0.5, 0.0, (len(runtime) + 1) / (good + 1))


def ranking(scores: Array, seed: int = 0) -> Array:
    """Returns the tiles' indices from best to worst, ties shuffled."""
    tie = np.random.default_rng(seed).permutation(len(scores))
    return np.asarray(np.lexsort((tie, scores)))


def top_k_slowdown(runtime: Array, order: Array, k: int) -> float:
    """Best runtime of the first k of `order`, over the best of all, minus 1."""
    return float(runtime[order[:k]].min() / runtime.min() - 1)


def slowdown_curve(runtime: Array, order: Array, most: int) -> Array:
    """(most,): the top-K slowdown for K = 1, 2, ..., `most`."""
    best = np.minimum.accumulate(runtime[order]) / runtime.min() - 1
    return np.asarray(np.pad(best, (0, max(0, most - len(best))), mode="edge")[:most])


def expected_top_k_slowdown(runtime: Array, k: int) -> float:
    """The top-K slowdown of a random order, in expectation."""
    times, c = np.sort(runtime) / runtime.min(), len(runtime)
    k = min(k, c)
    # The i-th fastest is the best of a random k-subset if the others are all slower.
    shares = [math.comb(c - i - 1, k - 1) / math.comb(c, k) for i in range(c)]
    return float(np.dot(times, shares) - 1)


def measurements_needed(runtime: Array, order: Array, within: float = 0.01) -> float:
    """How many tiles of `order` to measure until one is within `within` of the best."""
    good = runtime[order] <= (1 + within) * runtime.min()
    return float(np.argmax(good) + 1)


def pair_statistics(runtime: Array, scores: Array) -> tuple[float, float]:
    """Returns ordered-pair accuracy and Kendall's tau-b; nan where they are not defined."""
    right = wrong = different = ranked = 0
    for first in range(0, len(runtime), _ROWS):
        rows = slice(first, first + _ROWS)
        truth = np.sign(runtime[rows, None] - runtime[None, :]).astype(np.int8)
        said = np.sign(scores[rows, None] - scores[None, :]).astype(np.int8)
        agreement = truth * said
        right += int((agreement > 0).sum())
        wrong += int((agreement < 0).sum())
        different += int((truth != 0).sum())
        ranked += int((said != 0).sum())
    if different == 0:
        return math.nan, math.nan
    # A ranking that says nothing is neither right nor wrong: tau 0.
    tau = (right - wrong) / math.sqrt(different * ranked) if ranked else 0.0
    return right / different, tau
