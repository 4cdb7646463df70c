"""Evaluations of register allocation with the real compiler, plugin, profiler and Cachegrind."""

import json
import shutil

import pytest
from click.testing import CliRunner

from mlgo.cli.corpus import corpus
from mlgo.cli.evaluate import evaluate
from mlgo.errors import UserError
from mlgo.evaluate.calibration import Point, calibrate, summarise
from mlgo.evaluate.headroom import find_headroom
from mlgo.evaluate.regalloc import Allocators, evaluate_regalloc, steps
from mlgo.evaluate.regalloc_result import RegallocSettings, totals
from mlgo.toolchain import find_toolchain
from mlgo.workloads import table
from mlgo.workloads.allocation import allocation
from mlgo.workloads.profile import profile_path
from mlgo.workloads.table import Input, ProgramWorkloads, Workload
from tests.mlgo.evaluate.conftest import make_program
from tests.mlgo.evaluate.evaluations import SUBJECT

# Many values live at once, so that the allocator has something to decide.
MIXER = """
#include <cstdio>
#include <cstdlib>
static unsigned v[24];
__attribute__((noinline)) unsigned mix(unsigned rounds) {
  unsigned a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];
  unsigned i = v[8], j = v[9], k = v[10], l = v[11], m = v[12], n = v[13], o = v[14], p = v[15];
  for (unsigned r = 0; r < rounds; ++r) {
    a += b ^ (c << 3); d -= e * f; g ^= h + i; j += k & l; m ^= n | o; p += a ^ d;
    b += p * 3; e ^= j + m; h -= g >> 2; k += c * e; n ^= b; o += h ^ k; c ^= n + v[r & 15];
    if (r % 7 == 0) { f += o; i ^= f + m; l -= i; }
  }
  return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j ^ k ^ l ^ m ^ n ^ o ^ p;
}
int main(int, char **arguments) {
  for (unsigned i = 0; i < 24; ++i)
    v[i] = i * 2654435761u;
  unsigned sum = 0;
  for (int i = 0; i < std::atoi(arguments[1]); ++i)
    sum += mix(50 + i % 9);
  std::printf("%u\\n", sum);
}
"""


@pytest.fixture
def mixer(home, monkeypatch):
    """A program of one hot function, with a workload."""
    run = Workload("mix", ("{program}", "{size}"), Input("", 300, 1), Input("", 500, 2))
    entries = {"mixer": ProgramWorkloads("mixer", "mixer", (run,))}
    monkeypatch.setattr(table, "workloads", lambda: entries)
    sources = {"main.cc": MIXER}
    return make_program(home / "corpus" / "mixer", "mixer", sources, ("main.cc.o",))


def run_evaluation(plugin, program, kind="random", **options):
    ticks = []
    settings = RegallocSettings(**options)
    allocators = Allocators(
        find_toolchain(), allocation(plugin, "default"), allocation(plugin, kind, seed=3)
    )
    command = ["mlgo"]
    found = evaluate_regalloc(
        allocators, SUBJECT, [program], settings, command, lambda *tick: ticks.append(tick)
    )
    return found, len(ticks) == steps([program], settings)


def test_a_random_policy_costs_more_and_changes_no_output(plugin, mixer):
    found, all_told = run_evaluation(plugin, mixer, rounds=3)
    (program,) = found.programs
    (run,) = program.workloads
    assert all_told
    assert (program.error, program.modules, program.control_identical) == ("", 1, 1)
    assert program.policy_identical == 0
    assert run.agree
    assert run.cost("control") == run.cost("stock")
    assert run.change("policy") > 0.01
    assert run.functions[0].name == "_Z3mixj"
    assert run.functions[0].share > 0.3
    assert run.functions[0].policy_spills.memory_cost > run.functions[0].stock_spills.memory_cost
    assert totals(found)[1].weighted == pytest.approx(run.change("policy"))
    assert found.time.low <= found.time.value <= found.time.high
    assert profile_path("mixer", 22).exists()


def test_counts_are_the_same_every_time(plugin, mixer):
    first, _ = run_evaluation(plugin, mixer, pgo=False, level="-O3")
    second, _ = run_evaluation(plugin, mixer, pgo=False, level="-O3")
    assert first.programs[0].workloads == second.programs[0].workloads
    assert first.programs[0].profile_sha256 == ""


def test_a_program_that_fails_is_named_and_the_command_fails(plugin, mixer, monkeypatch):
    run = Workload("fail", ("/bin/false",), Input("", 1, 1), Input("", 2, 2))
    entries = {"mixer": ProgramWorkloads("mixer", "mixer", (run,))}
    monkeypatch.setattr(table, "workloads", lambda: entries)
    found, _ = run_evaluation(plugin, mixer, kind="default", pgo=False)
    assert "running mixer (fail) failed" in found.programs[0].error
    assert totals(found) == ()


def test_the_command_writes_what_it_prints(home, plugin, mixer, tmp_path):
    folder = home / "plugin" / "llvm-22" / "inlining-size"
    folder.mkdir(parents=True)
    shutil.copy(plugin, folder)
    arguments = ["regalloc", "--policy", "default", "--model", "inlining-size", "--no-pgo"]
    arguments += [
        "--programs",
        "mixer",
        "--json",
        tmp_path / "e.json",
        "--html",
        tmp_path / "e.html",
    ]
    done = CliRunner().invoke(evaluate, [str(a) for a in arguments], catch_exceptions=False)
    assert "control: 1 of 1 objects are byte-identical" in done.output
    document = json.loads((tmp_path / "e.json").read_text())
    assert document["settings"]["pgo"] is False
    assert "mixer" in (tmp_path / "e.html").read_text()


def test_bad_options_are_refused_before_anything_is_built(home, mixer, tmp_path):
    def message(*arguments):
        done = CliRunner().invoke(evaluate, ["regalloc", "--programs", "mixer", *arguments])
        assert isinstance(done.exception, UserError)
        return str(done.exception)

    assert "belong together" in message("--policy", "file")
    assert "no weights at" in message("--policy", "file", "--weights", str(tmp_path / "none"))
    assert "at least 3" in message("--rounds", "2")
    assert "is not built" in message("--policy", "random", "--model", "inlining-size")
    assert "cannot be written" in message("--json", str(tmp_path / "none" / "e.json"))


def test_profiles_are_made_once_and_failures_named(home, mixer):
    first = CliRunner().invoke(corpus, ["profile", "mixer"], catch_exceptions=False)
    path = profile_path("mixer", 22)
    assert str(path) in first.output
    stamp = path.stat().st_mtime_ns
    again = CliRunner().invoke(corpus, ["profile", "mixer", "nonesuch"])
    assert "not profiled: nonesuch" in str(again.exception)
    assert path.stat().st_mtime_ns == stamp


def test_the_score_predicts_what_is_counted(plugin, mixer):
    found = calibrate(find_toolchain(), plugin, [mixer], 3, ["mlgo"], lambda *_: None)
    assert {point.function for point in found.points} >= {"_Z3mixj"}
    assert found.spearman > 0
    assert all(point.counted > 0 for point in found.points if point.function == "_Z3mixj")


def test_correlations_of_what_fits_perfectly():
    points = [
        Point("p", f"f{i}", "random", 100.0 + i, 3.0 * i, 50.0, 4.0 * i, (0, float(i), 0, 0, 0, 0))
        for i in range(9)
    ]
    found = summarise(points, ["mlgo"], "22")
    assert (found.spearman, found.fitted_pearson) == (pytest.approx(1), pytest.approx(1))
    assert found.weights[1] == pytest.approx(3)
    with pytest.raises(UserError, match="no function changed"):
        summarise(points[:1], ["mlgo"], "22")


def test_the_search_never_ends_above_the_default(plugin, mixer):
    run_evaluation(plugin, mixer, kind="default")  # makes the profile
    ticks = []
    found = find_headroom(
        find_toolchain(),
        plugin,
        mixer,
        functions=1,
        steps=15,
        seed=1,
        command=["mlgo"],
        progress=lambda *tick: ticks.append(tick),
    )
    (function,) = found.functions
    assert function.function == "_Z3mixj"
    assert function.questions > 3
    assert function.best <= function.default
    assert len(ticks) == 3
