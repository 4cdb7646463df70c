import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgo.errors import UserError
from mlgo.inlining.features import FEATURES
from mlgo.rollout.explore import Exploration, choose, choose_callees
from mlgo.rollout.store import load_exploration, save_exploration

logits = st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=50)


@given(logits, st.integers(1, 60), st.integers(0, 99))
def test_chosen_decisions_are_distinct_and_repeatable(values, count, seed):
    array = np.array(values, np.float32)
    decisions = (array > 0).astype(np.int64)
    chosen = choose(array, decisions, decisions, count, np.random.default_rng(seed))
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(count, len(values))
    assert chosen == choose(array, decisions, decisions, count, np.random.default_rng(seed))


def test_unsure_and_refused_decisions_are_chosen_more_often():
    logits = np.array([0.1] * 10 + [8.0] * 990, np.float32)
    sure = np.array([-1.0] * 500 + [1.0] * 500, np.float32)
    rngs = [np.random.default_rng(seed) for seed in range(20)]
    ones, signs = np.ones(1000, np.int64), (sure > 0).astype(np.int64)
    unsure = [choose(logits, ones, ones, 20, rng) for rng in rngs]
    refused = [choose(sure, signs, signs, 20, rng) for rng in rngs]
    assert np.mean([sum(i < 10 for i in chosen) for chosen in unsure]) > 8
    assert np.mean([sum(i < 500 for i in chosen) for chosen in refused]) > 14


def test_overruled_decisions_are_explored_however_sure_the_policy_is():
    logits, decisions = np.full(1000, 8, np.float32), np.ones(1000, np.int64)
    default = (np.arange(1000) >= 10).astype(np.int64)
    rngs = [np.random.default_rng(seed) for seed in range(20)]
    overruled = [choose(logits, decisions, default, 20, rng) for rng in rngs]
    assert all(chosen[:10] == list(range(10)) for chosen in overruled)


def test_only_callees_that_can_go_are_flipped_together():
    callees = np.array([0, 1, 0, 2, 2, 3, 3, 3])
    decisions = np.array([0, 0, 0, 1, 0, 1, 1, 0])
    features = np.zeros((8, len(FEATURES)), np.int64)
    features[:, FEATURES.index("callee_is_discardable")] = 1
    # 0 has two calls alike, 1 has one, 2 has two that differ, 3 has two alike and one more.
    rng = np.random.default_rng(0)
    assert choose_callees(callees, decisions, features, 9, rng) == [0, 5]
    features[callees == 0, FEATURES.index("callee_other_uses")] = 1
    assert choose_callees(callees, decisions, features, 9, rng) == [5]
    assert choose_callees(callees, decisions, features, 0, rng) == []


def exploration():
    return Exploration(
        np.arange(78, dtype=np.int64).reshape(2, 39),
        np.array([0, 1]),
        np.array([-1, 2], np.float32),
        np.array([0, 0]),
        {"f": 10, "static g": 4},
        {1: {"f": 12, "static g": 0}},
        {0: {"f": 11}},
    )


def test_explorations_survive_the_disk(tmp_path):
    path = tmp_path / "a" / "b.npz"
    save_exploration(path, exploration())
    found = load_exploration(path)
    assert (found.sizes, found.changes) == (exploration().sizes, exploration().changes)
    assert found.callee_changes == exploration().callee_changes
    assert np.array_equal(found.callees, exploration().callees)
    assert np.array_equal(found.features, exploration().features)
    assert [p.name for p in path.parent.iterdir()] == ["b.npz"]


def test_a_damaged_exploration_is_reported(tmp_path):
    path = tmp_path / "x.npz"
    save_exploration(path, exploration())
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UserError, match="no exploration"):
        load_exploration(path)
    np.savez(path.open("wb"), features=np.array([object()], dtype=object))
    with pytest.raises(UserError, match="no exploration"):
        load_exploration(path)
