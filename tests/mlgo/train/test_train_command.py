"""`mlgo train inlining` on a small corpus: the whole command, a resumed one, an interrupted one."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from mlgo.inlining.weights import load_weights
from mlgo.plugin.build import build_plugin
from tests.mlgo.evaluate.conftest import SOURCES, make_program

BINDINGS = {
    "Problem.train": '("words",)',
    "Problem.validation": '("others",)',
    "ExpertIteration.rounds": "2",
    "ExpertIteration.flips": "5",
    "Problem.cautions": "(1.0,)",
    "clone/Imitation.epochs": "1",
    "improve/Imitation.epochs": "2",
}


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Two programs, and the plugin, in a home of the suite's own."""
    monkeypatch.setenv("MLGO_HOME", str(tmp_path / "home"))
    for name in ("words", "others"):
        folder = tmp_path / "home" / "corpus" / name
        archives = (("libwords.a", ("total.cc.o", "longest.cc.o")),)
        make_program(folder, name, SOURCES, ("main.cc.o",), archives)
    build_plugin(22)
    return tmp_path


def command(output, **bindings):
    sets = [part for k, v in {**BINDINGS, **bindings}.items() for part in ("--set", f"{k} = {v}")]
    main = "from mlgo.cli import main; main()"
    return [sys.executable, "-c", main, "train", "inlining", "--output", str(output), *sets]


def train(output, **bindings):
    env = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(command(output, **bindings), capture_output=True, text=True, env=env)


def test_from_a_corpus_to_a_policy_and_again(corpus):
    done = train(corpus / "work")
    assert done.returncode == 0, done.stderr
    best = corpus / "work" / "best.mlgo"
    assert done.stdout == f"{best}\n"
    policy = load_weights(best)
    assert list((corpus / "work" / "round-0" / "member-0" / "tensorboard").iterdir())
    baseline = json.loads((corpus / "work" / "validation" / "default.json").read_text())
    assert baseline["others"] > 100
    best.unlink()
    again = train(corpus / "work")
    assert again.returncode == 0, again.stderr
    assert load_weights(best).sha256 == policy.sha256


def test_a_budget_ends_exploring_and_a_second_run_adds_nothing(corpus):
    budget = {"Problem.budget": "0.01"}
    done = train(corpus / "work", **budget)
    assert done.returncode == 0, done.stderr
    explored = sorted((corpus / "work").glob("round-*/explorations/*/*"))
    spent = json.loads((corpus / "work" / "spent.json").read_text())
    assert len(explored) == 1  # of three modules
    assert spent["seconds"] > 0.01
    assert train(corpus / "work", **budget).stdout == done.stdout
    assert json.loads((corpus / "work" / "spent.json").read_text()) == spent
    assert sorted((corpus / "work").glob("round-*/explorations/*/*")) == explored


def test_ctrl_c_is_one_error_and_leaves_nothing_behind(corpus, monkeypatch):
    scratch = corpus / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    process = subprocess.Popen(
        command(corpus / "work", **{"ExpertIteration.flips": "500"}),
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(scratch.glob("mlgo-rollout-*")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "error: interrupted\nhint: run the same command again" in stderr
    assert "Traceback" not in stderr
    assert not list(scratch.iterdir())


@pytest.mark.parametrize(
    ("binding", "value", "message"),
    [
        ("Problem.train", '("nothing",)', "no program in"),
        ("Problem.validation", '("words",)', "words is in both"),
        ("ExpertIteration.speed", "3", "speed"),
    ],
)
def test_bad_settings_are_one_error(corpus, binding, value, message):
    done = train(corpus / "work", **{binding: value})
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
