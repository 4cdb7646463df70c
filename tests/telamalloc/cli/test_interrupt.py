"""Ctrl-C: 130, the best plan so far is kept, nothing else is left."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.telamalloc.cli.conftest import Run


@pytest.mark.parametrize("engine", ["core", "cpsat"])
def test_interrupted_is_130_and_keeps_the_best(
    cli: Run, tmp_path: Path, hard: Path, engine: str
) -> None:
    command = [sys.executable, "-m", "telamalloc.cli", "minimize", hard, "-o", "best.csv"]
    process = subprocess.Popen(
        [*command, "--engine", engine, "--timeout", "0"], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(8)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert not list(tmp_path.glob("*.partial"))
    if engine == "core":
        assert (tmp_path / "best.csv").exists(), errors
    if (tmp_path / "best.csv").exists():
        assert cli("validate", hard, "best.csv").returncode == 0


def test_a_closed_pipe_is_no_error(tmp_path: Path, hard: Path) -> None:
    command = [sys.executable, "-m", "telamalloc.cli", "minimize", hard, "--timeout", "2"]
    process = subprocess.Popen(
        [*command, "--engine", "core"], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    errors = process.stderr.read()
    process.wait(60)
    assert "Traceback" not in errors
    assert "Exception" not in errors
