"""Evictions in LLVM 19: by the plugin through the hook, and by a model inside the compiler."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from llvm_patches.build import build, default_prefix
from llvm_patches.embedded import parse, shipped
from mlgo.corpus.program import Program
from mlgo.plugin.build import build_plugin
from mlgo.regalloc.weights import EvictionWeights, Interface
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
_SLOTS = (
    *("is_free", "nr_urgent", "nr_broken_hints", "is_hint", "is_local", "nr_rematerializable"),
    *("nr_defs_and_uses", "weighed_reads_by_max", "weighed_writes_by_max", "liverange_size"),
    *("use_def_density", "hottest_bb_freq_by_max", "max_stage", "min_stage"),
)
_INTEGERS = ("is_free", "is_hint", "is_local", "max_stage", "min_stage")


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


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random network, which often overrules the default."""
    from mlgo.export.aot import Interface as Symbols
    from mlgo.export.aot import compile_model
    from mlgo.regalloc.network import saved_model, tensors

    interface = Interface(_SLOTS, ("progress",), _INTEGERS, 33)
    draw = np.random.default_rng(7)
    shapes = ((interface.inputs, 8), (8, 1))
    kernels = tuple(draw.normal(0, 0.5, shape).astype(np.float32) for shape in shapes)
    biases = tuple(np.zeros(shape[1], np.float32) for shape in shapes)
    ones = np.ones(interface.inputs, np.float32)
    weights = EvictionWeights(interface, 0 * ones, ones, kernels, biases, 1.0)
    folder = tmp_path_factory.mktemp("model")
    saved_model(weights, folder / "saved")
    names, types, dimensions = zip(*tensors(interface), strict=True)
    symbols = Symbols(
        "probe",
        weights.sha256,
        names,
        "scores",
        "mlgo_eviction_model",
        tuple(zip(types, dimensions, strict=True)),
        33,
    )
    compile_model(folder / "saved", symbols, folder / "model.o")
    return folder / "model.o"


def test_the_embedded_model_is_the_plugins(
    prefix: Path, programs: list[tuple[Path, Program]], model: Path, tmp_path: Path
):
    chosen = [*shipped(), parse(f"regalloc-evict:{model}")]
    clang = build(tmp_path / "toolchain", chosen=chosen) / "bin/clang"
    assert "regalloc-evict     probe" in run(clang, "-mllvm", "-mlgo-print-models")
    plugin = build_plugin(19, model=model, folder=tmp_path / "plugin")
    embedded = ["-O2", "-mllvm", "-regalloc-enable-advisor=release"]
    different = 0
    for program in programs:
        ours = objects(clang, program, embedded, tmp_path / "x.o")
        flags = ["-O2", f"-fpass-plugin={plugin}"]  # with no model for inlining inside
        assert ours == objects(clang, program, flags, tmp_path / "x.o")
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
