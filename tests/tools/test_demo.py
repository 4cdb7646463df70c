"""`tools/demo`, which `make demo` runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "tools" / "demo"


def run(*arguments, path):
    env = {**os.environ, "PATH": path}
    argv = [DEMO, *map(str, arguments)]
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=1800)


def test_without_the_suite_it_says_what_to_do(tmp_path):
    done = run("ninja-build", tmp_path, path="/usr/bin:/bin")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: mlgo is not on PATH")
    assert "make demo" in done.stderr


@pytest.mark.slow
def test_a_small_program_walks_the_whole_way(tmp_path):
    done = run("tinyxml2", tmp_path, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("linked .text")
    assert "remark: " in done.stderr
    document = json.loads((tmp_path / "report.json").read_text())
    (program,) = document["programs"]
    assert program["failures"] == []
    assert all(module["control_identical"] for module in program["modules"])
    assert "tinyxml2" in (tmp_path / "report.html").read_text()
