"""What the plugin costs in compile time: CPU time against stock clang, interleaved.

`make bench`, or `pytest -m bench -s tests/mlgo/evaluate`. Figures: docs/benchmarks.md.
"""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mlgo import paths
from mlgo.corpus.debian import fetch
from mlgo.corpus.recipe import find_recipe
from mlgo.errors import UserError
from mlgo.policy import Policy
from mlgo.process import check, run
from mlgo.toolchain import find_toolchain
from tests.mlgo.evaluate.interleave import interleaved, report

PACKAGE = "abseil"  # C++, with more than 50 files, none of them generated
FILES = 60
ROUNDS = 3
COUNTED = 6
POLICIES = (Policy("stock"), Policy("default"), Policy("learned"))

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def toolchain():
    return find_toolchain(22)


@pytest.fixture(scope="module")
def compiles(toolchain, tmp_path_factory):
    """The package's own compile commands, at -Oz."""
    work = tmp_path_factory.mktemp("source")
    recipe = find_recipe(PACKAGE)
    try:
        package = fetch(PACKAGE, recipe.version, paths.home() / "apt", work, patch=True)
    except UserError as error:
        pytest.skip(f"no source of {PACKAGE}: {error}")
    argv = ["cmake", "-G", "Ninja", "-S", package.folder / recipe.directory, "-B", work / "build"]
    argv += ["-DCMAKE_BUILD_TYPE=MinSizeRel", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]
    argv += [f"-DCMAKE_CXX_COMPILER={toolchain.clangxx}", *recipe.configure]
    check(run(argv), f"configuring {PACKAGE}")
    database = json.loads((work / "build" / "compile_commands.json").read_text())
    entries = [entry for entry in database if Path(entry["file"]).is_file()][:FILES]
    return [compile_command(entry, tmp_path_factory) for entry in entries]


def compile_command(entry, tmp_path_factory):
    argv = shlex.split(entry["command"])
    output = tmp_path_factory.getbasetemp() / "bench.o"
    argv[argv.index("-o") + 1] = str(output)
    return [*argv, "-Oz", "-Wno-everything", "-working-directory", entry["directory"]]


def in_all_ways(argv, plugin):
    return [([*argv, *policy.arguments(plugin)], policy.environment()) for policy in POLICIES]


def test_compiling_from_source(compiles, plugin):
    """The control: at most 2 % CPU on a C++ program of at least 50 files; the goal is 1 %."""
    assert len(compiles) >= 50
    stock, control, learned = interleaved([in_all_ways(c, plugin) for c in compiles], ROUNDS)
    ratio = report(f"control / stock, {PACKAGE} from source", stock, control)
    report(f"learned / stock, {PACKAGE} from source", stock, learned)
    assert ratio.low <= 1.02


def test_counted_instructions_from_source(compiles, plugin):
    """The same ratio without a clock's noise, on some of the files."""
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is not installed; `make setup` brings it")
    some = compiles[:: len(compiles) // COUNTED][:COUNTED]
    counts = np.array([[instructions(*way) for way in in_all_ways(argv, plugin)] for argv in some])
    stock, control, learned = counts.sum(axis=0)
    print(f"\ninstructions of {len(some)} files: control / stock {control / stock:.4f},", end=" ")
    print(f"learned / stock {learned / stock:.4f}; stock {stock:,}")
    assert control / stock <= 1.02


def instructions(argv, env):
    """Instructions that a command executes, counted by cachegrind."""
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    log = check(run([*tool, *argv], env=env), "valgrind").log
    return int(re.search(r"I +refs: +([0-9,]+)", log)[1].replace(",", ""))


def test_loading_the_plugin(toolchain, plugin, tmp_path):
    """Milliseconds; most of a compile of nothing is starting clang."""
    (tmp_path / "empty.c").touch()
    argv = [toolchain.clang, "-Oz", "-c", tmp_path / "empty.c", "-o", tmp_path / "empty.o"]
    stock, other, _ = interleaved([in_all_ways(argv, plugin)], 100)
    report("compiling an empty file, control / stock", stock, other)
    milliseconds = 1000 * (other.mean() - stock.mean())
    print(f"loading the plugin: {milliseconds:.2f} ms CPU")
    assert milliseconds < 20


def test_one_decision_of_the_embedded_model(plugin):
    """p50 at most 2 microseconds."""
    subprocess.run(["ninja", "-C", plugin.parent, "mlgo_decision_bench"], check=True)
    done = subprocess.run(
        [plugin.parent / "mlgo_decision_bench"], capture_output=True, text=True, check=True
    )
    figures = json.loads(done.stdout)
    print(f"\none decision: p50 {figures['p50_ns']} ns, p99 {figures['p99_ns']} ns")
    assert figures["decisions"] >= 10_000
    assert 0 < figures["p50_ns"] <= 2000
