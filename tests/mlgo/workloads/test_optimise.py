"""Optimised bitcode gives the objects that clang makes of the source at that level."""

import hashlib
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mlgo.corpus.program import Module
from mlgo.errors import UserError
from mlgo.toolchain import find_toolchain
from mlgo.workloads.optimise import Extra, Optimiser, generate_code

SOURCE = """
#include <string.h>
static int mix(int x) { return x * 31 + (x >> 3); }
int seed(void) { return 4; }
int total(const int *v, int n) {
  int sum = seed();
  for (int i = 0; i < n; ++i)
    sum += mix(v[i]);
  return sum;
}
void copy(char *to, const char *from, int n) {
  for (int i = 0; i < n; ++i)
    to[i] = from[i] ^ 7;
  memset(to + n, 0, 64);
}
"""
FLAGS = ("-ffunction-sections", "-fdata-sections")


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module as the corpus has it, and its source beside it."""
    monkeypatch.setenv("MLGO_HOME", str(tmp_path / "home"))
    (tmp_path / "x.c").write_text(SOURCE)
    flags = ["-Oz", *FLAGS, "-Xclang", "-disable-llvm-passes", "-emit-llvm"]
    clang(tmp_path, *flags, "-c", "x.c", "-o", "x.bc")
    digest = hashlib.sha256((tmp_path / "x.bc").read_bytes()).hexdigest()
    return Module("x.o", "x.c", "x.bc", FLAGS, digest)


def clang(folder, *arguments):
    subprocess.run([find_toolchain().clang, *arguments], cwd=folder, check=True)


@pytest.mark.parametrize("level", ["-O2", "-O3"])
def test_objects_are_those_of_the_source(module, tmp_path, level):
    clang(tmp_path, level, *FLAGS, "-c", "x.c", "-o", "true.o")
    optimised = Optimiser(find_toolchain(), tmp_path, level).optimise(module)
    generate_code(find_toolchain(), optimised, level, tmp_path / "ours.o", Extra())
    assert (tmp_path / "ours.o").read_bytes() == (tmp_path / "true.o").read_bytes()


def test_optimised_bitcode_is_kept_by_content(module, tmp_path):
    first = Optimiser(find_toolchain(), tmp_path, "-O2").optimise(module)
    stamp = tmp_path.joinpath(first.bitcode).stat().st_mtime_ns
    again = Optimiser(find_toolchain(), tmp_path, "-O2").optimise(module)
    assert again == first
    assert tmp_path.joinpath(first.bitcode).stat().st_mtime_ns == stamp
    assert Optimiser(find_toolchain(), tmp_path, "-O3").optimise(module) != first


def test_threads_may_optimise_identical_modules(module, tmp_path):
    optimiser = Optimiser(find_toolchain(), tmp_path, "-O2")
    together = threading.Barrier(4)

    def optimise(_):
        together.wait()
        return optimiser.optimise(module)

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(optimise, range(4)))
    (one,) = found
    output = Path(one.bitcode)
    assert list(output.parent.iterdir()) == [output]
    generate_code(find_toolchain(), one, "-O2", tmp_path / "x.o", Extra())


def test_nothing_is_left_of_a_module_that_does_not_compile(module, tmp_path):
    bad = replace(module, flags=("--no-such-flag",))
    with pytest.raises(UserError):
        Optimiser(find_toolchain(), tmp_path, "-O2").optimise(bad)
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []


def test_a_removed_function_is_left_to_another_object(module, tmp_path):
    optimiser = Optimiser(find_toolchain(), tmp_path, "-O2", removed={"x.o": ("seed",)})
    generate_code(find_toolchain(), optimiser.optimise(module), "-O2", tmp_path / "o.o", Extra())
    nm = [find_toolchain().tool("llvm-nm"), tmp_path / "o.o"]
    symbols = subprocess.run(nm, check=True, capture_output=True, text=True).stdout
    assert " U seed" in symbols
    assert " T total" in symbols
