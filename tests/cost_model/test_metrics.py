"""The metrics, against their definitions spelled out in plain loops."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_model import metrics

numbers = st.lists(st.integers(1, 12), min_size=2, max_size=9)


def _plain_pairs(runtime: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    concordant = discordant = tied_runtime = tied_score = 0
    for i, j in itertools.combinations(range(len(runtime)), 2):
        product = (runtime[i] - runtime[j]) * (scores[i] - scores[j])
        concordant += bool(product > 0)
        discordant += bool(product < 0)
        tied_runtime += bool(runtime[i] == runtime[j])
        tied_score += bool(scores[i] == scores[j])
    pairs = len(runtime) * (len(runtime) - 1) // 2
    both = math.sqrt((pairs - tied_runtime) * (pairs - tied_score))
    tau = (concordant - discordant) / both if both else 0.0
    return concordant / (pairs - tied_runtime), tau


@settings(deadline=None)
@given(runtime=numbers, data=st.data())
def test_pairs_match_their_definition(runtime: list[int], data: st.DataObject) -> None:
    times = np.array(runtime)
    c = len(times)
    scores = np.array(data.draw(st.lists(st.integers(0, 5), min_size=c, max_size=c)))
    found = metrics.pair_statistics(times, scores)
    if len(set(runtime)) == 1:
        assert all(math.isnan(value) for value in found)
    else:
        assert found == pytest.approx(_plain_pairs(times, scores))


def test_pairs_do_not_depend_on_the_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    times, scores = rng.integers(1, 50, 100), rng.random(100)
    whole = metrics.pair_statistics(times, scores)
    monkeypatch.setattr(metrics, "_ROWS", 7)
    assert metrics.pair_statistics(times, scores) == whole


@given(runtime=numbers, k=st.integers(1, 10))
def test_chance_is_the_mean_over_all_orders(runtime: list[int], k: int) -> None:
    times = np.array(runtime[:6])
    subsets = itertools.combinations(times, min(k, len(times)))
    plain = np.mean([min(subset) / times.min() - 1 for subset in subsets])
    assert metrics.expected_top_k_slowdown(times, k) == pytest.approx(plain)
    needed = [
        metrics.measurements_needed(times, np.array(order))
        for order in itertools.permutations(range(len(times)))
    ]
    assert metrics.quality_of_chance(times).needed == pytest.approx(np.mean(needed))


@given(runtime=numbers)
def test_a_perfect_ranking_is_perfect(runtime: list[int]) -> None:
    times = np.array(runtime)
    found = metrics.quality(times, times * 3.0)
    assert (found.top1, found.top5, found.top10, found.needed) == (0, 0, 0, 1)
    if len(set(runtime)) > 1:
        assert found.opa == 1
        assert found.tau == pytest.approx(1)
        assert metrics.quality(times, -times).tau == pytest.approx(-1)


def test_top_k_takes_the_best_of_the_first_k() -> None:
    times = np.array([100, 200, 150, 110])
    scores = np.array([3.0, 0.0, 1.0, 2.0])
    order = metrics.ranking(scores)
    assert list(order) == [1, 2, 3, 0]
    assert metrics.top_k_slowdown(times, order, 1) == pytest.approx(1.0)
    assert metrics.top_k_slowdown(times, order, 3) == pytest.approx(0.1)
    assert metrics.slowdown_curve(times, order, 6) == pytest.approx([1.0, 0.5, 0.1, 0, 0, 0])
    assert metrics.measurements_needed(times, order) == 4


def test_ties_do_not_follow_the_order_of_the_list() -> None:
    firsts = {int(metrics.ranking(np.zeros(10), seed)[0]) for seed in range(20)}
    assert len(firsts) > 3
    assert list(metrics.ranking(np.zeros(10), 1)) == list(metrics.ranking(np.zeros(10), 1))


@pytest.mark.parametrize("scores", [[1.0, math.nan], [1.0], []])
def test_scores_that_rank_nothing_are_refused(scores: list[float]) -> None:
    with pytest.raises(ValueError, match="scores"):
        metrics.quality(np.array([1, 2]), np.array(scores))
