"""Evaluations with the real compiler, linker and plugin."""

import re
import subprocess
from dataclasses import replace

import pytest

from mlgo.corpus.build import text_size
from mlgo.errors import UserError
from mlgo.evaluate.inlining import evaluate_inlining, load_programs, steps
from mlgo.evaluate.result import Settings
from mlgo.policy import Policy


def evaluate(compiler, *programs, **settings):
    ticks = []
    options = Settings(**settings)
    result = evaluate_inlining(
        compiler, programs, options, ["mlgo"], lambda *tick: ticks.append(tick)
    )
    assert len(ticks) == steps(programs, options)
    return result


def test_random_decisions_change_sizes_and_the_control_changes_nothing(compiler, words):
    (result,) = evaluate(compiler, words, lto=True, jobs=2).programs
    assert result.failures == ()
    assert [m.control_identical for m in result.modules] == [True] * 3
    assert [k.control_identical for k in (*result.links, *result.lto_links)] == [True] * 2
    for sizes in (result.linked, result.lto_linked):
        assert sizes.stock == sizes.control > 0
        assert sizes.policy != sizes.stock
    assert sum(m.text.stock for m in result.modules) > result.linked.stock / 2


def test_sizes_are_those_that_llvm_prints(compiler, words, tmp_path):
    """The module's size is that of an object which stock clang makes in the documented way."""
    (result,) = evaluate(compiler, words).programs
    bitcode = next(tmp_path.rglob("total.cc.bc"))
    clang = compiler.toolchain.clang
    argv = [clang, "-Oz", "-ffunction-sections", "-c", bitcode, "-o", tmp_path / "total.o"]
    subprocess.run(argv, check=True, capture_output=True)
    size = [compiler.toolchain.tool("llvm-size"), "-A", tmp_path / "total.o"]
    printed = subprocess.run(size, check=True, capture_output=True, text=True).stdout
    expected = sum(int(n) for n in re.findall(r"^\.text\S*\s+(\d+)", printed, re.M))
    total = next(m for m in result.modules if m.source == "total.cc")
    assert total.text.stock == expected == text_size(tmp_path / "total.o")


def test_same_seed_same_sizes(compiler, words):
    first, second = evaluate(compiler, words, jobs=2), evaluate(compiler, words)
    assert first.programs == second.programs
    other = replace(compiler, policy=Policy("random", seed=2))
    assert evaluate(other, words).programs != first.programs


def test_compile_time_is_measured(compiler, words):
    result = evaluate(compiler, words, rounds=3)
    time = result.compile_time
    assert time == result.programs[0].compile_time
    assert (time.rounds, time.modules) == (3, 3)
    assert 0.01 < time.stock_seconds < 60
    assert time.control.low <= time.control.value <= time.control.high


def test_what_does_not_compile_is_named_and_the_rest_goes_on(compiler, broken, words):
    first, second = evaluate(compiler, broken, words, rounds=3).programs
    assert {f.name for f in first.failures} == {"bad.cc.o", "broken"}
    assert {f.variant for f in first.failures} == {"stock", "control", "policy"}
    assert "needs bad.cc.o, which did not compile" in {f.error for f in first.failures}
    assert first.linked.stock is None
    assert next(m for m in first.modules if m.source == "main.cc").text.stock > 0
    assert first.compile_time.modules == 1
    assert second.failures == ()


def test_a_policy_that_cannot_work_is_said_once_and_first(compiler, words, tmp_path):
    corrupt = tmp_path / "weights"
    corrupt.write_bytes(b"no weights")
    with pytest.raises(UserError, match="does not compile with the policy 'file'"):
        evaluate(replace(compiler, policy=Policy("file", weights=corrupt)), words)


def test_options_in_the_environment_are_refused(compiler, words, monkeypatch):
    monkeypatch.setenv("MLGO_FLIP", "0")
    with pytest.raises(UserError, match="tells the plugin what to do: MLGO_FLIP"):
        evaluate(compiler, words)


def test_nothing_is_left_in_the_temporary_folder(compiler, words, broken, tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    evaluate(compiler, words, broken, lto=True, rounds=3)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_programs_are_found_by_name(words, broken):
    assert load_programs([], 22) == [broken, words]
    assert load_programs(["words"], 22) == [words]
    with pytest.raises(UserError, match="not in the corpus: nonesuch"):
        load_programs(["words", "nonesuch"], 22)
    with pytest.raises(UserError, match="bitcode of LLVM 22, not 19"):
        load_programs(["words"], 19)


def test_an_empty_corpus_is_said_to_be_empty(home):
    with pytest.raises(UserError, match="there are no programs"):
        load_programs([], 22)
