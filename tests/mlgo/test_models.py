"""What is told about the shipped policies before anybody builds with one."""

import dataclasses
import hashlib
import json
import math
import subprocess
import sys

import pytest

from mlgo import models
from mlgo.errors import UserError
from mlgo.models.card import make_card, with_figures
from mlgo.plugin.build import build_plugin
from tests.mlgo.evaluate.evaluations import SUBJECT, evaluation, program


def mlgo(*arguments):
    argv = [sys.executable, "-c", "from mlgo.cli import main; main()", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=True)


def test_what_to_know_before_building():
    assert models.caution("inlining-size") == ""
    caution = models.caution("inlining-size+regalloc-speed")
    assert caution.startswith("regalloc-speed gains with a profile only")


def test_a_policy_without_a_gain_is_experimental(monkeypatch, tmp_path):
    card = json.loads((models.folder("regalloc-speed") / "card.json").read_text())
    for row in card["held_out"]:
        row["weighted_cost"] = 0.001
    monkeypatch.setattr(models, "folder", lambda _: tmp_path)
    (tmp_path / "card.json").write_text(json.dumps(card))
    assert models.caution("x").startswith("x is experimental (no gain")
    (tmp_path / "card.json").write_text(json.dumps({**card, "held_out": []}))
    assert "not measured" in models.caution("x")


def test_the_list_and_the_flags_say_so():
    listed = mlgo("models", "list")
    assert listed.stdout.split() == models.names()
    assert "warning: regalloc-speed gains with a profile only" in listed.stderr
    assert "inlining-size" not in listed.stderr
    build_plugin(22, "regalloc-speed")
    flags = mlgo("flags", "--policy", "regalloc-speed")
    assert "warning: regalloc-speed gains with a profile only" in flags.stderr
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


def test_new_figures_leave_the_rest_of_a_card():
    card = json.loads((models.folder("inlining-size") / "card.json").read_text())
    plugin = hashlib.sha256(build_plugin(22).read_bytes()).hexdigest()

    def updated(name):
        found = evaluation(program(name, (100, 90)))
        subject = dataclasses.replace(SUBJECT, plugin_sha256=plugin)
        return with_figures(card, [dataclasses.replace(found, subject=subject)])

    new = updated("p")
    assert [row["package"] for row in new["held_out"]] == ["p"]
    assert {k for k in card if new[k] != card[k]} == {"held_out", "commands"}
    with pytest.raises(UserError, match="abseil was used in training"):
        updated("abseil")


def test_a_card_takes_figures_of_the_shipped_weights_only(tmp_path):
    (tmp_path / "config.gin").write_text("")
    plugin = hashlib.sha256(build_plugin(22).read_bytes()).hexdigest()
    weights = hashlib.sha256(models.weights_file("inlining-size").read_bytes()).hexdigest()

    def card(**subject):
        found = evaluation(program("p", (100, 90)))
        found = dataclasses.replace(found, subject=dataclasses.replace(SUBJECT, **subject))
        return make_card("inlining-size", tmp_path, {}, [found])

    assert card(plugin_sha256=plugin)["held_out"][0]["linked"]["change"] == -0.1
    assert card(policy="file", weights_sha256=weights)["held_out"]
    for other in (
        {"plugin_sha256": "a" * 64},
        {"plugin_sha256": plugin, "policy": "random"},
        {"policy": "file", "weights_sha256": "a" * 64, "plugin_sha256": plugin},
    ):
        with pytest.raises(UserError, match="not of the shipped weights"):
            card(**other)
