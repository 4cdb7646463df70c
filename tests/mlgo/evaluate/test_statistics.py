import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgo.evaluate.result import Sizes, add_sizes
from mlgo.evaluate.statistics import change, compare, geometric_mean_change, interleaved_ratio

size = st.one_of(st.none(), st.integers(0, 10**9))
sizes = st.builds(Sizes, size, size, size)


@given(st.lists(sizes))
def test_counts_add_up_and_totals_are_of_what_built(items):
    c = compare(items)
    both = [s for s in items if s.stock is not None and s.policy is not None]
    assert c.items == len(items)
    assert c.compared == len(both) == c.smaller + c.bigger + c.same
    assert c.stock == sum(s.stock for s in both)
    assert c.policy == sum(s.policy for s in both)
    assert (c.change is None) == (c.stock == 0)


def test_comparison_of_known_sizes():
    c = compare([Sizes(100, 100, 90), Sizes(400, 400, 440), Sizes(50, 50, 50), Sizes(7, 7, None)])
    assert (c.compared, c.smaller, c.bigger, c.same) == (3, 1, 1, 1)
    assert c.change == pytest.approx(580 / 550 - 1)
    assert c.geometric_mean == pytest.approx((0.9 * 1.1 * 1.0) ** (1 / 3) - 1)


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1))
def test_geometric_mean_forgets_the_unit(pairs):
    scaled = [(7 * before, 7 * after) for before, after in pairs]
    assert geometric_mean_change(pairs) == pytest.approx(geometric_mean_change(scaled))
    swapped = [(after, before) for before, after in pairs]
    product = (1 + geometric_mean_change(pairs)) * (1 + geometric_mean_change(swapped))
    assert product == pytest.approx(1)


def test_things_without_code_have_no_ratio():
    assert change(Sizes(0, 0, 0)) is None
    assert geometric_mean_change([(0, 0), (0, 5)]) is None
    assert compare([Sizes(0, 0, 0), Sizes(10, 10, 5)]).geometric_mean == pytest.approx(-0.5)


@given(st.lists(sizes, min_size=1))
def test_a_missing_part_leaves_no_sum(items):
    total = add_sizes(items)
    for variant in ("stock", "control", "policy"):
        values = [getattr(s, variant) for s in items]
        expected = None if None in values else sum(values)
        assert getattr(total, variant) == expected
    assert add_sizes([]) == Sizes(None, None, None)


def noisy(rng, things, rounds, ratio):
    """Interleaved times whose true ratio is known: the noise's mean is the same in both."""
    true = rng.lognormal(-1.5, 1.0, (things, 1))
    return tuple(
        true * factor * rng.lognormal(0, 0.05, (things, rounds)) for factor in (1.0, ratio)
    )


@pytest.mark.parametrize(("things", "rounds"), [(50, 5), (1, 20)])
def test_interval_holds_the_truth_about_as_often_as_it_says(things, rounds):
    hits = 0
    for seed in range(100):
        ratio = interleaved_ratio(*noisy(np.random.default_rng(seed), things, rounds, 1.02), seed)
        assert ratio.low <= ratio.value <= ratio.high
        hits += ratio.low <= 1.02 <= ratio.high
    assert 85 <= hits <= 100


def test_interval_narrows_with_more_rounds():
    few, many = (
        interleaved_ratio(*noisy(np.random.default_rng(0), 20, rounds, 1.0), 0)
        for rounds in (4, 64)
    )
    assert many.high - many.low < (few.high - few.low) / 2


def test_same_seed_same_interval():
    series = noisy(np.random.default_rng(0), 5, 5, 1.1)
    assert interleaved_ratio(*series, 3) == interleaved_ratio(*series, 3)
    assert interleaved_ratio(*series, 3).low != interleaved_ratio(*series, 4).low


def test_exact_times_give_an_exact_ratio():
    baseline = np.full((3, 4), 0.25)
    ratio = interleaved_ratio(baseline, 2 * baseline, 0)
    assert math.isclose(ratio.low, 2)
    assert math.isclose(ratio.high, 2)


@pytest.mark.parametrize("shape", [(0, 5), (3, 1)])
def test_too_little_gives_no_interval(shape):
    with pytest.raises(ValueError, match="no interval"):
        interleaved_ratio(np.ones(shape), np.ones(shape), 0)
