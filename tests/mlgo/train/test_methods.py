"""PPO and evolution: resumed runs equal uninterrupted ones; samples follow the logits."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgo.corpus.program import load_program
from mlgo.inlining.weights import load_weights
from mlgo.plugin.build import build_plugin
from mlgo.policy import Policy
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.explore import measure
from mlgo.rollout.sample import sample
from mlgo.toolchain import find_toolchain
from mlgo.train.evolution import ranks
from tests.mlgo.evaluate.conftest import SOURCES, make_program

COMMON = {
    "Problem.train": '("words",)',
    "Problem.validation": '("others",)',
    "Problem.modules": "3",
    "Problem.cautions": "(0.3, 1.0)",
}
METHODS = {
    "evolution": {
        "Evolution.iterations": "4",
        "Evolution.pairs": "2",
        "Evolution.sigma": "0.2",
        "Evolution.validate_every": "2",
    },
    "ppo": {"Ppo.iterations": "4", "Ppo.temperature": "1.0", "Ppo.validate_every": "2"},
    "clone": {"Imitation.epochs": "2"},
    "search": {"SearchIteration.compiles": "6", "Imitation.epochs": "2", "Imitation.members": "2"},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Two programs, and the plugin, in a home of the suite's own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLGO_HOME", str(home))
        for name in ("words", "others"):
            archives = (("libwords.a", ("total.cc.o", "longest.cc.o")),)
            make_program(home / "corpus" / name, name, SOURCES, ("main.cc.o",), archives)
        build_plugin(22)
        yield home


def start(method, output):
    sets = [p for k, v in {**COMMON, **METHODS[method]}.items() for p in ("--set", f"{k} = {v}")]
    main = "from mlgo.cli import main; main()"
    command = [sys.executable, "-c", main, "train", "inlining", "--method", method]
    command += ["--output", str(output), *sets]
    env = {**os.environ, "NO_COLOR": "1"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )


def finish(method, output):
    process = start(method, output)
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert stdout == f"{output / 'best.mlgo'}\n"
    return results(output)


def results(output):
    policies = sorted(path.name for path in (output / "policies").glob("*.mlgo"))
    return policies, load_weights(output / "best.mlgo").sha256


@pytest.mark.slow
@pytest.mark.parametrize("method", ["evolution", "ppo", "search"])
def test_killed_and_resumed_is_the_same_as_uninterrupted(home, tmp_path, method):
    whole = finish(method, tmp_path / "whole")
    assert len(whole[0]) > 2
    process = start(method, tmp_path / "killed")
    for line in process.stderr:
        if line.startswith(("step 2:", "iteration 2:", "round 0: searches")):
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert finish(method, tmp_path / "killed") == whole


def test_samples_follow_the_logged_logits(home, tmp_path):
    finish("clone", tmp_path / "clone")
    weights = tmp_path / "clone" / "best.mlgo"
    compiler = PluginCompiler(find_toolchain(22), home / "plugin/llvm-22/inlining-size/mlgo.so")
    folder = home / "corpus" / "words"
    module = max(load_program(folder).modules, key=lambda m: (folder / m.bitcode).stat().st_size)
    policies = [Policy("file", weights, seed, temperature=1.0) for seed in range(60)]
    found = [sample(compiler, folder, module, policy) for policy in policies]
    logits = np.concatenate([s.logits for s in found])
    network = np.concatenate([load_weights(weights).logits(s.features) for s in found])
    assert logits == pytest.approx(network, abs=1e-3)
    inlined = np.concatenate([s.decisions for s in found])
    probability = 1 / (1 + np.exp(-logits))
    deviation = np.sqrt((probability * (1 - probability)).sum())
    assert abs(inlined.sum() - probability.sum()) < 4 * deviation
    plain = sample(compiler, folder, module, Policy("default"))
    assert plain.sizes == measure(compiler, folder, module, Policy("default"))
    assert plain.seconds > 0


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=40))
def test_ranks_are_centred_and_keep_the_order(values):
    fitness = np.array(values, np.float64)
    shaped = ranks(fitness)
    assert abs(shaped.sum()) < 1e-9
    assert np.abs(shaped).max() <= 0.5
    order = np.argsort(fitness, kind="stable")
    assert (np.diff(shaped[order]) >= 0).all()
    assert ((fitness[:, None] == fitness) == (shaped[:, None] == shaped)).all()
