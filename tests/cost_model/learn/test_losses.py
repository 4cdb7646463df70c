"""Losses: right orders cost less, padding costs nothing."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from cost_model.learn import losses  # noqa: E402

LABELS = np.log(np.array([[4.0, 1.0, 2.0, 8.0]], np.float32))
MASK = np.ones((1, 4), bool)


def _all(scores: np.ndarray, labels: np.ndarray, mask: np.ndarray) -> list[float]:
    values = [
        losses.list_mle(scores, labels, mask),
        losses.pairwise(scores, labels, mask, 10.0, 1.0),
        losses.centred_error(scores, labels, mask, 1.0),
    ]
    return [float(value[0]) for value in values]


def test_the_true_order_is_best() -> None:
    best = _all(LABELS * 3, LABELS, MASK)[:2] + _all(LABELS, LABELS, MASK)[2:]
    for order in itertools.permutations(range(4)):
        found = _all(LABELS[:, list(order)] * 3, LABELS, MASK)
        assert all(b <= f + 1e-6 for b, f in zip(best, found, strict=True))


def test_padding_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((1, 4)).astype(np.float32)
    wide = np.concatenate([scores, [[-50.0, 3.0]]], axis=1).astype(np.float32)
    labels = np.concatenate([LABELS, [[-9.0, 0.0]]], axis=1).astype(np.float32)
    mask = np.array([[True] * 4 + [False] * 2])
    assert _all(wide, labels, mask) == pytest.approx(_all(scores, LABELS, MASK), rel=1e-5)


def test_list_mle_is_the_likelihood_of_the_order() -> None:
    scores = np.array([[0.3, -1.0, 0.0, 2.0]], np.float32)
    order = [1, 2, 0, 3]
    likelihood, rest = 0.0, list(order)
    for tile in order:
        likelihood += -scores[0, tile] - math.log(sum(math.exp(-scores[0, r]) for r in rest))
        rest.remove(tile)
    assert float(losses.list_mle(scores, LABELS, MASK)[0]) == pytest.approx(-likelihood / 4)
