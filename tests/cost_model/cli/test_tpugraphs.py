"""The published set's own path, end to end, on generated files in its folders and format."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cost_model.cli.train import GIN
from tests.cost_model import generate

pytest.importorskip("tensorflow")
# The shipped configuration as it is, but for how long it goes on.
SHORT = (
    "--config", GIN / "tpugraphs.gin",
    "--set", "ranker/Training.epochs = 6", "--set", "ranker/Training.validate_every = 3",
    "--set", "sage/Training.epochs = 2", "--set", "sage/Training.validate_every = 1",
    "--set", "TreesConfig.trees = 20",
)  # fmt: skip


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = "from cost_model.cli import main; main()"
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_collection_is_trained_on_and_judged_by_its_own_folders(tmp_path: Path) -> None:
    data, training = tmp_path / "npz" / "tile" / "xla", tmp_path / "run"
    generate.write_collection(data)
    done = run("train", data, "--output", training, *SHORT)
    assert done.returncode == 0, done.stderr
    assert "24 train, 6 validation, 6 test kernels" in done.stderr
    report = tmp_path / "report.html"
    done = run("evaluate", data, "--training", training, "--output", report)
    assert done.returncode == 0, done.stderr
    document = json.loads(report.with_suffix(".json").read_text())
    assert {kernel["name"] for kernel in document["kernels"]} == {
        f"test/model_{seed}" for seed in range(31, 37)
    }
    methods = document["methods"]
    assert {"ranker", "sage", "trees", "trees-ours"} < set(methods)
    assert methods["ranker"]["tau"]["value"] > 0.2
    assert methods["trees"]["tau"]["value"] > 0.2
    assert "EarlyJoinSAGE" in report.read_text()


def test_a_test_set_whose_runtimes_are_kept_secret(tmp_path: Path) -> None:
    data, training = tmp_path / "xla", tmp_path / "run"
    generate.write_collection(data, secret=True)
    command = ("train", data, "--output", training, "--method", "trees", *SHORT)
    done = run(*command)
    assert done.returncode == 0, done.stderr
    done = run("evaluate", data, "--training", training, "--output", tmp_path / "report.html")
    assert done.returncode == 2
    assert "test/model_31 has no runtimes" in done.stderr
    assert "--part validation" in done.stderr
    arguments = ("--part", "validation", "--output", tmp_path / "report.html")
    done = run("evaluate", data, "--training", training, *arguments)
    assert done.returncode == 0, done.stderr
    assert "boosted trees, flat features" in done.stdout
