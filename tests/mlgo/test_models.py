"""What is told about the shipped policies before anybody builds with one."""

import json
import math
import subprocess
import sys

import pytest

from mlgo import models
from mlgo.plugin.build import build_plugin


def mlgo(*arguments):
    argv = [sys.executable, "-c", "from mlgo.cli import main; main()", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=True)


def test_a_policy_without_a_gain_is_experimental():
    assert models.caution("inlining-size") == ""
    caution = models.caution("inlining-size+regalloc-speed")
    assert caution.startswith("regalloc-speed is experimental (no gain")


def test_the_list_and_the_flags_say_so():
    listed = mlgo("models", "list")
    assert listed.stdout.split() == models.names()
    assert "warning: regalloc-speed is experimental" in listed.stderr
    assert "inlining-size" not in listed.stderr
    build_plugin(22, "regalloc-speed")
    flags = mlgo("flags", "--policy", "regalloc-speed")
    assert "warning: regalloc-speed is experimental" in flags.stderr
    assert "-O2" in flags.stdout
    assert "-Oz" not in flags.stdout


@pytest.mark.parametrize("name", models.names())
def test_cards_have_held_out_programs_that_were_not_trained_on(name):
    card = json.loads((models.folder(name) / "card.json").read_text())
    used = {row["package"] for rows in card["data"].values() for row in rows}
    held_out = {row["package"] for row in card["held_out"]}
    assert len(held_out) >= 8
    assert not used & held_out
    assert card["commands"]


def test_a_programs_figure_is_the_mean_of_its_workloads():
    card = json.loads((models.folder("regalloc-speed") / "card.json").read_text())
    for row in card["held_out"]:
        for what in ("weighted_cost", "instructions"):
            logs = [math.log1p(workload[what]) for workload in row["workloads"]]
            assert row[what] == pytest.approx(math.expm1(sum(logs) / len(logs)), abs=1e-4)
