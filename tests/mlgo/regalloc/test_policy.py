"""One policy, three evaluations: numpy, the plugin's `file` policy, the embedded object."""

import dataclasses

import numpy as np
import pytest

from mlgo import models
from mlgo.errors import UserError
from mlgo.perceptron import squash
from mlgo.regalloc.questions import read_questions
from mlgo.regalloc.weights import EvictionWeights, load_eviction_weights


def questions_of(clang, regalloc="random", **options):
    log = clang.folder / "log"
    clang.compile(regalloc, log=log, **options)
    return read_questions(log)


def random_weights(questions, seed=0):
    """A policy that overrules the default now and then."""
    rng = np.random.default_rng(seed)
    x = questions.inputs[questions.mask]
    inputs = questions.interface.inputs
    return EvictionWeights(
        interface=questions.interface,
        mean=x.mean(axis=0),
        deviation=np.maximum(x.std(axis=0), 1e-3),
        kernels=(
            rng.normal(0, 0.3, (inputs, 8)).astype(np.float32),
            rng.normal(0, 0.5, (8, 1)).astype(np.float32),
        ),
        biases=(rng.normal(0, 0.1, 8).astype(np.float32), np.zeros(1, np.float32)),
        default_weight=1.0,
    )


@pytest.fixture
def weights(clang):
    made = random_weights(questions_of(clang))
    made.save(clang.folder / "weights.mlgo")
    return made


def best_slots(weights, questions):
    slots = np.arange(questions.interface.width)
    scores = weights.scores(questions.inputs, slots == questions.default[:, None])
    return np.where(questions.mask, scores, -np.inf)


def test_the_file_policy_takes_the_best_legal_slot(clang, weights):
    questions = questions_of(clang, "file", weights=clang.folder / "weights.mlgo")
    scores = best_slots(weights, questions)
    rows = np.arange(len(questions))
    assert (questions.chosen != questions.default).any()
    np.testing.assert_allclose(scores[rows, questions.chosen], scores.max(axis=1), atol=1e-4)


def test_sampling_has_a_seed(clang, weights):
    path = clang.folder / "weights.mlgo"
    cold = clang.compile("file", weights=path)
    hot = [clang.compile("file", weights=path, temperature=5, seed=s) for s in (1, 1, 2)]
    assert hot[0] == hot[1]
    assert hot[0] != hot[2]
    assert clang.compile("file", weights=path, temperature=1e-6, seed=1) == cold


def test_a_network_of_zeros_is_the_default(clang, weights):
    zeros = tuple(np.zeros_like(kernel) for kernel in weights.kernels)
    dataclasses.replace(weights, kernels=zeros).save(clang.folder / "zeros.mlgo")
    assert clang.compile("file", weights=clang.folder / "zeros.mlgo") == clang.stock()


def test_the_embedded_model_is_the_shipped_one(clang):
    path = models.weights_file("regalloc-speed")
    log = clang.folder / "log"
    learned = clang.compile("learned", log=log)
    questions = read_questions(log)
    assert clang.compile("file", weights=path) == learned
    rows = np.arange(len(questions))
    scores = best_slots(load_eviction_weights(path), questions)
    np.testing.assert_allclose(scores[rows, questions.chosen], scores.max(axis=1), atol=1e-4)


def test_another_width_is_refused_by_name(clang, weights):
    names = tuple(n.replace("is_hint", "is_hinted") for n in weights.interface.slot_features)
    other = dataclasses.replace(weights.interface, slot_features=names)
    dataclasses.replace(weights, interface=other).save(clang.folder / "other.mlgo")
    assert clang.compile("file", check=False, weights=clang.folder / "other.mlgo") == 1
    assert "reads the feature 'is_hinted', which LLVM 22" in clang.output
    assert clang.leftovers() == []


def test_weights_are_read_back(clang, weights, tmp_path):
    again = load_eviction_weights(clang.folder / "weights.mlgo")
    assert again.sha256 == weights.sha256
    data = weights.to_bytes()
    for damaged in (data[:-1], data + b"\0\0\0\0", data.replace(b"mlgo-evict-1", b"mlgo-evict-9")):
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises(UserError, match="is no model of an eviction policy"):
            load_eviction_weights(tmp_path / "damaged")


def test_no_numbers_count_as_zero():
    x = np.array([np.nan, np.inf, -np.inf, -1.0], np.float32)
    assert squash(x).tolist() == [0, 0, 0, -np.log1p(np.float32(1))]
