"""Bad input to `cost-model`: one error, one hint, an exit code, no traceback, nothing left."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cost_model.dataset import to_bytes, write_zip
from tests.cost_model import generate

_HLO = Path(__file__).parents[1] / "testdata" / "network.hlo.txt"
_PROGRAM = "from cost_model.cli import main; main()"
_NOT_PUBLISHED = ("--set", "SplitConfig.by = 'kernel'", "--set", "SplitConfig.test = ()",
                  "--set", "SplitConfig.validation = ()")  # fmt: skip


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def fails(*arguments: str | Path, words: str, code: int = 2) -> None:
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    lines = done.stderr.splitlines()
    assert lines[-2].startswith("error: "), done.stderr
    assert words in lines[-2]
    assert lines[-1].startswith("hint: ")
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "kernels.zip"
    write_zip([generate.kernel(seed, tiles=200) for seed in range(40)], path)
    return path


def test_data_that_is_none(tmp_path: Path, data: Path) -> None:
    (tmp_path / "text.zip").write_text("hello")
    (tmp_path / "cut.zip").write_bytes(data.read_bytes()[:5000])
    (tmp_path / "cut.npz").write_bytes(to_bytes(generate.kernel(0))[:500])
    (tmp_path / "empty").mkdir()
    fails("inspect", tmp_path / "text.zip", words="text.zip is no zip file")
    fails("inspect", tmp_path / "cut.zip", words="cut.zip is no zip file, or a damaged one")
    fails("inspect", tmp_path / "empty", words="no .npz files in")
    fails("rank", tmp_path / "cut.npz", words="cut.npz is no .npz file, or a truncated one")
    fails("rank", tmp_path / "cut.npz", "--model", tmp_path / "text.zip", words="cut.npz")


def test_a_model_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "kernel.npz").write_bytes(to_bytes(generate.kernel(0)))
    (tmp_path / "text").write_text("hello")
    fails("rank", tmp_path / "kernel.npz", "--model", tmp_path / "text", words="text is no model")


def test_hlo_that_is_none_or_unknown(tmp_path: Path) -> None:
    text = _HLO.read_text()
    cases = {
        "op": (text.replace(" tanh(", " frobnicate("), "the opcode 'frobnicate' is unknown"),
        "cut": (text[: len(text) // 2], "is cut off"),
        "none": ("hello", "no HLO module"),
        "products": (text.replace(" dot(", " frobnicate("), "no product"),
    }
    for name, (content, words) in cases.items():
        (tmp_path / name).write_text(content)
        fails("featurize", tmp_path / name, tmp_path / "out", words=words)
        fails("featurize", tmp_path / name, tmp_path / "out", words=str(tmp_path / name))
    assert not list(tmp_path.glob("out/*"))


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    output = tmp_path / "file" / "out"
    fails("featurize", _HLO, output, words=f"{output}: Not a directory", code=1)
    fails("collect", output, words=f"{output}: Not a directory", code=1)


def test_a_family_that_nobody_knows(tmp_path: Path) -> None:
    fails("collect", tmp_path, "--list", "--family", "nobody", words="no kernels of that family")


@pytest.mark.parametrize("method", ["ranker", "trees"])
def test_ctrl_c_in_training(method: str, data: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    command = [sys.executable, "-c", _PROGRAM, "train", str(data), "--method", method]
    command += ["--output", str(tmp_path / "run"), *_NOT_PUBLISHED]
    command += ["--set", "ranker/Training.epochs = 100000", "--set", "TreesConfig.shrinkage = 1e-4"]
    command += ["--set", "TreesConfig.trees = 100000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    with process:
        while "train, " not in process.stderr.readline():
            assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=3)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130, said
    assert "error: interrupted\nhint: run the same command again" in said
    assert "Traceback" not in said
