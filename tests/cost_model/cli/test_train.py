"""`cost-model train` and `evaluate`, end to end on generated files in TpuGraphs' format."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cost_model.dataset import write_kernel, write_zip
from cost_model.rank import predictor
from cost_model.weights import load_weights
from tests.cost_model import generate

pytest.importorskip("tensorflow")
QUICK = ("--set", "ranker/Training.epochs = 4", "--set", "ranker/Training.validate_every = 2",
         "--set", "SplitConfig.by = 'kernel'", "--set", "RankerConfig.layers = (16,)",
         "--set", "SplitConfig.test = ()", "--set", "SplitConfig.validation = ()")  # fmt: skip


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = "from cost_model.cli import main; main()"
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "kernels.zip"
    write_zip([generate.kernel(seed) for seed in range(40)], path)
    return path


@pytest.fixture(scope="module")
def training(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("training") / "run"
    done = run("train", data, "--output", output, "--method", "ranker", *QUICK)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(output)
    assert "epoch 4" in done.stderr
    return output


def test_the_same_data_and_seed_give_the_same_weights_also_when_resumed(
    data: Path, training: Path, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    program = (
        "import cost_model.learn.trainer as t\n"
        "kept = t._validate\n"
        "def once(*a):\n"
        "    if a[2] == 4: raise KeyboardInterrupt\n"
        "    return kept(*a)\n"
        "t._validate = once\n"
        "from cost_model.cli import main\n"
        "main()"
    )
    command = ["train", str(data), "--output", str(output), "--method", "ranker", *QUICK]
    stopped = subprocess.run(
        [sys.executable, "-c", program, *command], capture_output=True, text=True
    )
    assert stopped.returncode == 130
    assert "goes on where it was" in stopped.stderr
    done = run(*command)
    assert done.returncode == 0, done.stderr
    assert "goes on after epoch 2" in done.stderr
    name = Path("ranker") / "weights.ranker"
    assert (output / name).read_bytes() == (training / name).read_bytes()


def test_a_trained_model_ranks_and_is_judged(data: Path, training: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    done = run("evaluate", data, "--training", training, "--output", report)
    assert done.returncode == 0, done.stderr
    document = json.loads(report.with_suffix(".json").read_text())
    assert set(document["methods"]) == {"chance", "default", "analytical", "ranker"}
    assert len(document["kernels"]) == 6
    assert document["methods"]["ranker"]["tau"]["value"] > 0.3
    assert document["advantage"]["chance"]["top1"]["value"] > 0
    assert "<svg" in report.read_text()
    kernel = generate.kernel(77)
    write_kernel(kernel, tmp_path / "k.npz")
    weights = training / "ranker" / "weights.ranker"
    ranked = run("rank", tmp_path / "k.npz", "--model", weights)
    rows = [line.split("\t") for line in ranked.stdout.splitlines()[1:]]
    scores = predictor(load_weights(weights))(kernel)
    assert [int(row[0]) for row in rows] == list(np.argsort(scores, kind="stable"))
    assert rows[0][4] == "1.000"


def test_a_bad_setting_is_a_clear_error(data: Path, tmp_path: Path) -> None:
    done = run("train", data, "--output", tmp_path / "run", "--set", "nothing.at_all = 3")
    assert done.returncode == 2
    assert "nothing" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_finished_folder_takes_no_other_data(training: Path, tmp_path: Path) -> None:
    write_zip([generate.kernel(seed) for seed in range(30)], tmp_path / "other.zip")
    done = run("train", tmp_path / "other.zip", "--output", training, "--method", "ranker", *QUICK)
    assert done.returncode == 2
    assert "other data" in done.stderr
    done = run("evaluate", tmp_path / "other.zip", "--training", training)
    assert done.returncode == 2
    assert "--part all" in done.stderr
