"""Explanations of a policy that overrules LLVM often: the coin."""

import dataclasses
import json
import re
from importlib import resources

import fastjsonschema
import pytest

from mlgo import models, report
from mlgo.evaluate.explain import explain
from mlgo.evaluate.explain_page import explain_page
from mlgo.evaluate.explanation import Effect, to_json
from mlgo.inlining.weights import load_weights
from mlgo.policy import Policy
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.explore import measure
from mlgo.toolchain import find_toolchain
from tests.mlgo.evaluate.conftest import SOURCES, make_program

COIN = Policy("random", seed=1)


@pytest.fixture
def explanation(words, home, plugin):
    compiler = PluginCompiler(find_toolchain(22), plugin)
    weights = load_weights(models.weights_file("inlining-size"))
    return explain(compiler, [(home / "corpus" / "words", words)], COIN, weights)


def test_what_overruled_llvm_is_measured_and_ranked(explanation):
    e = explanation
    assert 0 < e.measured == e.overruled < e.decisions
    changes = [effect.change for effect in e.saved]
    assert changes == sorted(changes)
    assert all(change < 0 for change in changes)
    assert e.cost  # a coin loses
    assert all(effect.change > 0 for effect in e.cost)
    assert any("std::" in effect.callee for effect in e.cost)  # demangled
    assert not e.lines
    assert {f.name for f in e.features} >= {"inlining_default"}


def test_source_lines_are_told_where_the_bitcode_has_them(home, plugin):
    folder = home / "corpus" / "lined"
    source = {"total.cc": SOURCES["total.cc"]}
    flags = ("-gline-tables-only", f"-ffile-prefix-map={folder}=.")
    program = make_program(folder, "lined", source, ("total.cc.o",), flags=flags)
    compiler = PluginCompiler(find_toolchain(22), plugin)
    weights = load_weights(models.weights_file("inlining-size"))
    e = explain(compiler, [(folder, program)], COIN, weights)
    assert e.lines
    lines = [effect.line for effect in (*e.saved, *e.cost)]
    assert all(re.fullmatch(r"[^<>]+:\d+:\d+|", line) for line in lines)
    assert any("/bits/" in line and "/.." not in line for line in lines)  # libstdc++'s headers


@pytest.mark.slow
def test_a_decision_that_is_flipped_back_gives_the_measured_bytes(words, home, plugin, tmp_path):
    """The dearest decision of a module on its own, against a separate compile."""
    compiler, folder = PluginCompiler(find_toolchain(22), plugin), home / "corpus" / "words"
    alone = dataclasses.replace(words, modules=words.modules[:1])
    weights = load_weights(models.weights_file("inlining-size"))
    dearest = explain(compiler, [(folder, alone)], COIN, weights).cost[0]
    record = tmp_path / "record.tsv"
    before = measure(compiler, folder, alone.modules[0], dataclasses.replace(COIN, record=record))
    changes = []
    lines = [line.split("\t") for line in record.read_text().splitlines()[2:]]
    for _, caller, callee, ordinal, _ in lines:
        listed = tmp_path / "flip.tsv"
        listed.write_text(f"mlgo-decisions-1\nflip\t{caller}\t{callee}\t{ordinal}\n")
        policy = dataclasses.replace(COIN, decisions=listed)
        after = measure(compiler, folder, alone.modules[0], policy)
        changes.append(sum(before.values()) - sum(after.values()))
    assert dearest.change in changes


def test_the_report_escapes_and_json_repeats(explanation):
    hostile = Effect("<b>", "m", "<script>f", "g", "", True, 1.0, -1.0)
    page = report.render(explain_page(dataclasses.replace(explanation, saved=(hostile,))))
    assert "&lt;script&gt;f" in page
    assert "<script>f" not in page
    schema = resources.files("mlgo.evaluate").joinpath("explain.schema.json").read_text()
    fastjsonschema.compile(json.loads(schema))(json.loads(to_json(explanation)))
