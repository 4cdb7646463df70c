import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgo import models
from mlgo.errors import UserError
from mlgo.inlining.features import FEATURES
from mlgo.inlining.scope import Scope
from mlgo.inlining.weights import Weights, load_weights
from mlgo.perceptron import ensemble


def weights(seed=0, layers=(8, 4), default_weight=1.0):
    rng = np.random.default_rng(seed)
    sizes = [len(FEATURES), *layers, 1]
    shapes = list(itertools.pairwise(sizes))
    return Weights(
        features=FEATURES,
        mean=rng.normal(size=sizes[0]).astype(np.float32),
        deviation=rng.uniform(0.5, 2, sizes[0]).astype(np.float32),
        kernels=tuple(rng.normal(size=shape).astype(np.float32) for shape in shapes),
        biases=tuple(rng.normal(size=shape[1]).astype(np.float32) for shape in shapes),
        default_weight=default_weight,
        scope=Scope(20.0, 30.0, 10.0),
    )


@given(st.integers(0, 1000), st.lists(st.integers(1, 9), max_size=3))
def test_weights_survive_the_disk(tmp_path_factory, seed, layers):
    path = tmp_path_factory.mktemp("weights") / "w.mlgo"
    before = weights(seed, tuple(layers))
    before.save(path)
    after = load_weights(path)
    assert after.to_bytes() == before.to_bytes()
    assert after.sha256 == before.sha256


@given(st.binary(max_size=200))
def test_garbage_is_no_model(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("weights") / "w.mlgo"
    path.write_bytes(data)
    with pytest.raises(UserError, match="no model"):
        load_weights(path)


@given(st.integers(1, 4), st.lists(st.integers(1, 6), min_size=1, max_size=3))
def test_an_ensemble_is_the_mean_of_its_members(count, layers):
    first = weights(0, tuple(layers))
    others = [weights(seed, tuple(layers)) for seed in range(1, count)]
    scale = {"mean": first.mean, "deviation": first.deviation}
    members = [first, *(dataclasses.replace(other, **scale) for other in others)]
    x = np.random.default_rng(1).integers(-100, 1000, (50, len(FEATURES)))
    mean = np.mean([member.logits(x) for member in members], axis=0)
    np.testing.assert_allclose(ensemble(members).logits(x), mean, rtol=1e-4, atol=1e-4)


def test_llvm_decides_about_large_callees_and_those_with_many_calls():
    rng = np.random.default_rng(1)
    x = rng.integers(-100, 1000, (500, len(FEATURES)))
    size, calls = FEATURES.index("callee_instructions"), FEATURES.index("callee_call_sites")
    mangled = FEATURES.index("callee_is_mangled")
    x[:, [size, calls]] = rng.integers(0, 50, (500, 2))
    x[:, mangled] = rng.integers(0, 2, 500)
    x[:, -1] = np.arange(500) % 2
    scope = (x[:, size] <= 20) & (x[:, calls] <= np.where(x[:, mangled], 30, 10))
    assert np.array_equal(weights().logits(x[~scope]) > 0, x[~scope, -1] == 1)
    assert not np.array_equal(weights().logits(x[scope]) > 0, x[scope, -1] == 1)


def test_a_large_default_weight_never_overrules_the_default():
    x = np.random.default_rng(1).integers(-100, 1000, (500, len(FEATURES)))
    x[:, -1] = np.arange(500) % 2
    logits = weights(default_weight=1e6).logits(x)
    assert np.array_equal(logits > 0, x[:, -1] == 1)


def test_the_shipped_policy_reads_features_that_llvm_has():
    policies = [name for name in models.names() if name.startswith("inlining-")]
    assert policies
    for name in policies:
        assert set(load_weights(models.weights_file(name)).features) <= set(FEATURES)
