"""Evictions in LLVM 19: by the plugin through the hook, and by a model inside the compiler."""

import os
import subprocess
from pathlib import Path

import pytest

from llvm_patches.build import default_prefix
from mlgo.corpus.program import Program
from mlgo.plugin.build import build_plugin
from tests.llvm_patches.test_toolchain import STOCK, objects, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

#: Sixteen values that live through a loop: more than there are registers.
SOURCE = """\
long f(long *p, long n) {
  long a = p[0], b = p[1], c = p[2], d = p[3], e = p[4], g = p[5], h = p[6], i = p[7], j = p[8];
  long k = p[9], l = p[10], m = p[11], o = p[12], q = p[13], r = p[14], s = p[15];
  for (long x = 0; x < n; x++) {
    a += b * c; b ^= d + e; c -= g * h; d += i ^ j; e *= k; g += l - m; h ^= o; i += q * r;
    j -= s; k += a; l ^= b; m += c; o -= d; q += e; r ^= g; s += h;
  }
  return a ^ b ^ c ^ d ^ e ^ g ^ h ^ i ^ j ^ k ^ l ^ m ^ o ^ q ^ r ^ s;
}
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "x.c"
    path.write_text(SOURCE)
    return path


def test_the_plugin_decides(prefix: Path, source: Path, tmp_path: Path):
    plugin = build_plugin(19, folder=tmp_path / "plugin")

    def compile_with(policy: str) -> bytes:
        argv = [prefix / "bin/clang", "-O2", f"-fpass-plugin={plugin}", "-c", source]
        environment = {**os.environ, "MLGO_POLICY": "off", "MLGO_REGALLOC": policy}
        run(*argv, "-o", tmp_path / "x.o", env=environment)
        return (tmp_path / "x.o").read_bytes()

    assert compile_with("default") == compile_with("off")
    assert compile_with("random") != compile_with("off")


def test_stock_has_no_hook(source: Path, tmp_path: Path):
    plugin = build_plugin(19, folder=tmp_path / "plugin")
    argv = [STOCK / "clang", "-O2", f"-fpass-plugin={plugin}", "-c", source, "-o", tmp_path / "x.o"]
    environment = {**os.environ, "MLGO_REGALLOC": "random"}
    done = subprocess.run([str(a) for a in argv], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "has no hook for register allocation" in done.stderr
    assert not (tmp_path / "x.o").exists()


def test_the_embedded_model_is_the_plugins(
    prefix: Path, programs: list[tuple[Path, Program]], tmp_path: Path
):
    plugin = build_plugin(19, "regalloc-speed", folder=tmp_path / "plugin")
    embedded = ["-O2", "-mllvm", "-regalloc-enable-advisor=release"]
    different = 0
    for program in programs:
        ours = objects(prefix / "bin/clang", program, embedded, tmp_path / "x.o")
        flags = ["-O2", f"-fpass-plugin={plugin}"]  # with no model for inlining inside
        assert ours == objects(prefix / "bin/clang", program, flags, tmp_path / "x.o")
        stock = objects(STOCK / "clang", program, ["-O2"], tmp_path / "x.o")
        different += sum(ours[name] != stock[name] for name in stock)
    assert different > 0


def test_the_unit_test_of_the_hook(prefix: Path, tmp_path: Path):
    """Linked from the patched files' objects, as the tools are."""
    if not Path("/usr/include/gtest/gtest.h").exists():
        pytest.skip("libgtest-dev is missing: `make setup` installs it")
    work = default_prefix().parent / "build-19"
    test = work / "source/llvm/unittests/CodeGen/PluginRegAllocModelTest.cpp"
    replaced = [*work.glob("objects/llvm/lib/*/*.o"), *work.glob("models/*.o")]
    libraries = run(STOCK / "llvm-config", "--link-static", "--libfiles", "all").split()
    argv = [STOCK / "clang++", "-std=c++17", "-fno-exceptions", "-fuse-ld=lld", "-w"]
    argv += ["-I", work / "source/llvm/include", "-I", STOCK.parent / "include"]
    system = ["-lgtest", "-lgtest_main", "-lrt", "-ldl", "-lm", "-l:libz.a", "-l:libzstd.a"]
    run(*argv, test, *replaced, *libraries, *system, "-o", tmp_path / "unit")
    assert "PASSED" in run(tmp_path / "unit")
