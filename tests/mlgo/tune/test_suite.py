"""A tuned program is right: its own test suite passes when built with the decisions."""

import subprocess
import sys
from pathlib import Path

import pytest

from mlgo.plugin.build import plugin_path

MLGO = Path(sys.executable).with_name("mlgo")


def run(*arguments):
    done = subprocess.run([MLGO, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", ["pugixml", "cmark"])
def test_suite_passes_with_the_decisions(tmp_path, name):
    plugin_path(22)
    run("corpus", "add", "--debian", name)
    run("tune", "inlining", "--program", name, "--budget", 8, "--output", tmp_path)
    decisions = tmp_path / name / "decisions.tsv"
    assert len(decisions.read_text().splitlines()) > 10
    assert "passed" in run("test", name, "--decisions", decisions)
    # That the build does follow the list: one that it cannot read ends it.
    decisions.write_text("nonsense\n")
    command = [MLGO, "test", name, "--decisions", decisions]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert "is no list of decisions" in done.stderr
