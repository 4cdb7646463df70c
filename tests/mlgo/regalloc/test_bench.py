"""What the policy costs at compile time: counted instructions of whole compiles, against stock."""

import re
import subprocess

import pytest

from mlgo import models, paths
from mlgo.corpus.program import load_program
from mlgo.plugin.build import build_plugin
from mlgo.toolchain import find_toolchain
from mlgo.workloads.optimise import prepare

PROGRAM = "zlib"


def instructions(folder, *command):
    valgrind = [
        "valgrind",
        "--tool=cachegrind",
        "--cache-sim=no",
        "--cachegrind-out-file=/dev/null",
    ]
    done = subprocess.run(
        [*valgrind, *command], cwd=folder, capture_output=True, text=True, check=True
    )
    return int(re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)[1].replace(",", ""))


@pytest.mark.bench
def test_compile_time(tmp_path, capsys):
    """At most 3 % over stock for a program, no file slower than 1.5 times."""
    toolchain, folder = find_toolchain(22), paths.corpus() / PROGRAM
    if not (folder / "program.json").exists() or "regalloc-speed" not in models.names():
        pytest.skip(f"needs {PROGRAM} in the corpus (mlgo corpus add {PROGRAM}) and a policy")
    plugin = build_plugin(22, "regalloc-speed")
    counts = []
    for module in load_program(folder).modules:
        prepare(toolchain, folder, module, "-O2", tmp_path / "x.bc", ())
        clang = [toolchain.clang, "-O2", "-c", "x.bc", "-o", "x.o"]
        stock = instructions(tmp_path, *clang)
        learned = instructions(tmp_path, *clang, f"-fpass-plugin={plugin}")
        counts.append((module.name, stock, learned))
    total = sum(c[2] for c in counts) / sum(c[1] for c in counts) - 1
    with capsys.disabled():
        for name, stock, learned in counts:
            print(f"\n{name}: {stock:,} instructions, {learned / stock - 1:+.2%}", end="")
        print(f"\ncompile time of {PROGRAM} ({len(counts)} files): {total:+.2%}")
    assert total < 0.03
    assert max(learned / stock for _, stock, learned in counts) < 1.5
