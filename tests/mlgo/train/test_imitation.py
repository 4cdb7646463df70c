"""Training learns, is deterministic, and goes on after a kill as if nothing had happened."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mlgo.inlining.dataset import Examples
from mlgo.inlining.features import FEATURES
from mlgo.inlining.weights import load_weights

os.environ["CUDA_VISIBLE_DEVICES"] = ""

SCRIPT = """
import sys
from pathlib import Path
from mlgo.train.imitation import Imitation, imitate
from tests.mlgo.train.test_imitation import examples
folder = Path(sys.argv[1])
config = Imitation(layers=(8,), epochs=6, batch=64, learning_rate=1e-2, members=2)
weights = imitate(config, examples(), folder, lambda epoch, loss: print(epoch, flush=True))
weights.save(folder / "weights.mlgo")
"""


def examples(count=2000, seed=0):
    """Call sites where LLVM's default is wrong when the callee has one user."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 50, (count, len(FEATURES)))
    x[:, FEATURES.index("callee_users")] = rng.integers(1, 4, count)
    x[:, FEATURES.index("callee_call_sites")] = rng.integers(1, 4, count)  # in the policy's scope
    x[:, -1] = rng.integers(0, 2, count)
    better = np.where(x[:, FEATURES.index("callee_users")] == 1, 1, x[:, -1])
    return Examples(x, better, rng.uniform(0, 3, count).astype(np.float32))


def start(folder):
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def finish(folder):
    process = start(folder)
    epochs = process.communicate()[0].split()
    assert process.returncode == 0
    return epochs, load_weights(folder / "weights.mlgo")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return finish(tmp_path_factory.mktemp("train") / "whole")[1]


def test_it_learns_where_the_default_is_wrong(uninterrupted):
    unseen = examples(seed=1)
    decisions = uninterrupted.logits(unseen.features) > 0
    default = unseen.features[:, -1] == 1
    assert np.mean(decisions == unseen.actions) > 0.95 > np.mean(default == unseen.actions)


def test_killed_and_resumed_is_the_same_as_uninterrupted(tmp_path, uninterrupted):
    process = start(tmp_path / "killed")
    while process.stdout.readline() != "2\n":
        assert process.poll() is None
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    epochs, weights = finish(tmp_path / "killed")
    assert int(epochs[0]) > 1
    assert weights.to_bytes() == uninterrupted.to_bytes()


def test_few_examples_are_passed_over_more_often():
    from mlgo.train.imitation import Imitation

    config = Imitation(epochs=40, steps=160, batch=256)
    assert config.epochs_of(200) == 160
    assert config.epochs_of(800) == 40
    assert config.epochs_of(100_000) == 40
    assert Imitation(epochs=40, batch=256).epochs_of(1) == 40
