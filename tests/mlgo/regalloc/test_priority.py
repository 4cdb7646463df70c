"""The order of allocation: one policy in numpy, TensorFlow and the plugin; right in any case."""

import dataclasses
import os

import numpy as np
import pytest

from mlgo import models
from mlgo.errors import UserError
from mlgo.regalloc.priority import FEATURES, load_priority_weights
from mlgo.regalloc.priority_evolution import initial_priority
from tests.mlgo.export.features import by_tensorflow, plugin_with
from tests.mlgo.regalloc.test_trials import costs

os.environ["CUDA_VISIBLE_DEVICES"] = ""


def random_weights(seed=0, layers=(5,)):
    """Moves ranges by factors of some e-folds."""
    rng = np.random.default_rng(seed)
    start = initial_priority(layers, seed)
    kernels = [rng.normal(0, 1, kernel.shape).astype(np.float32) for kernel in start.kernels]
    biases = [rng.normal(0, 0.1, bias.shape).astype(np.float32) for bias in start.biases]
    return dataclasses.replace(start, kernels=tuple(kernels), biases=tuple(biases))


@pytest.fixture
def weights(clang):
    made = random_weights()
    made.save(clang.folder / "priority.mlgo")
    return made


def compiled(clang, weights, *arguments, regalloc="off", **options):
    path = clang.folder / f"{weights.sha256}.mlgo"
    weights.save(path)
    return clang.compile(regalloc, *arguments, priority="file", priority_weights=path, **options)


def test_a_network_of_zeros_is_llvms_order(clang):
    assert compiled(clang, initial_priority((5,), 0)) == clang.stock()
    shifted = dataclasses.replace(initial_priority((), 0), biases=(np.array([-40], np.float32),))
    assert compiled(clang, shifted) != clang.stock()  # all alike: the order of their numbers


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_is_right(clang, seed):
    clang.stock()
    expected = clang.output_of("stock.o")
    made = compiled(clang, random_weights(seed))
    assert made != (clang.folder / "stock.o").read_bytes()
    assert clang.output_of() == expected
    assert compiled(clang, random_weights(seed)) == made
    assert clang.leftovers() == []


def test_an_order_that_saves_enough_is_kept(clang):
    use = clang.profile()
    stock = clang.stock(use)
    scores = clang.folder / "scores"
    clang.compile("off", use, scores=scores)
    usual = costs(scores)
    better = 0
    for seed in range(4):
        compiled(clang, random_weights(seed), use, scores=scores)
        alone = costs(scores)
        better += (enough := alone["mix"] < 0.99 * usual["mix"])
        for trials in (4, 60):
            options = {"regalloc": "learned", "trials": trials}
            made = compiled(clang, random_weights(seed), use, **options, scores=scores)
            tried = costs(scores)
            assert tried["mix"] <= (alone if enough else usual)["mix"]
            assert all(tried[name] <= usual[name] for name in usual)
            assert (made == stock) == (tried == usual)
            assert compiled(clang, random_weights(seed), use, **options) == made
    assert 0 < better < 4
    assert clang.leftovers() == []


def test_numpy_tensorflow_and_the_object_agree(clang, tmp_path):
    made = random_weights(4)
    rng = np.random.default_rng(0)
    x = rng.lognormal(2, 2, (200, len(FEATURES))).astype(np.float32)
    x[0, 0] = np.inf
    found = by_tensorflow(made, "shift", x)
    np.testing.assert_allclose(made.shifts(x), found, rtol=1e-4, atol=1e-4)

    embedded = dataclasses.replace(clang, plugin=plugin_with(made, tmp_path))
    assert embedded.compile("off", priority="learned") == compiled(clang, made)
    assert embedded.compile("off", priority="off") == clang.stock()


def test_the_shipped_order_is_in_the_plugin(clang):
    path = models.priority_file("regalloc-speed")
    learned = clang.compile("off", priority="learned")
    assert learned == clang.compile("off", priority="file", priority_weights=path)
    assert learned != clang.stock()


def test_weights_are_read_back(weights, tmp_path):
    (tmp_path / "x").write_bytes(data := weights.to_bytes())
    assert load_priority_weights(tmp_path / "x").sha256 == weights.sha256
    not_finite = data[:-4] + np.float32(np.inf).tobytes()
    wrong = data.replace(b"mlgo-priority-1", b"mlgo-priority-9")
    for damaged in (data[:-1], data + b"\0\0\0\0", wrong, not_finite, b"[]\n"):
        (tmp_path / "x").write_bytes(damaged)
        with pytest.raises(UserError, match="is no model of an order of allocation"):
            load_priority_weights(tmp_path / "x")
    with pytest.raises(UserError, match="no model at"):
        load_priority_weights(tmp_path / "none")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot use the model in"),
        (b"x\n", "does not begin with a JSON header"),
        (random_weights().to_bytes()[:-4], "it is cut short"),
        (random_weights().to_bytes() + b"1234", "longer than its header says"),
        (
            random_weights().to_bytes().replace(b"li_size", b"li_sizf"),
            "the feature 'li_sizf'",
        ),
    ],
)
def test_a_bad_model_is_one_error(clang, content, message):
    path = clang.folder / "bad.mlgo"
    if content is not None:
        path.write_bytes(content)
    options = {"priority": "file", "priority_weights": path}
    assert clang.compile("off", check=False, **options) == 1
    assert message in clang.output
    assert clang.output.count("error:") == 1
    assert not (clang.folder / "x.o").exists()


def test_a_model_of_another_kind_is_refused(clang):
    other = models.weights_file("regalloc-speed")
    assert clang.compile("off", check=False, priority="file", priority_weights=other) == 1
    assert "is not of the format mlgo-priority-1" in clang.output
