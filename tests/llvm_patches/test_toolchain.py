"""The toolchain that `make toolchain` builds, against Debian's clang-19 and the plugin in it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from llvm_patches.build import default_prefix
from llvm_patches.pack import pack
from llvm_patches.series import find_series
from mlgo import models
from mlgo.corpus.program import Program
from mlgo.inlining.weights import load_weights
from mlgo.plugin.build import build_plugin
from mlgo.toolchain import find_toolchain

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

STOCK = Path("/usr/lib/llvm-19/bin")
#: What the tools may need of another machine.
SYSTEM = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}
EMBEDDED = ("-mllvm", "-enable-ml-inliner=release")


def run(*argv: str | Path, **options: object) -> str:
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return str(done.stdout + done.stderr)


def objects(
    clang: Path, program: tuple[Path, Program], flags: Sequence[str | Path], output: Path
) -> dict[str, bytes]:
    """Compiles all modules of a program; module name -> object."""
    folder, made = program[0], {}
    for module in program[1].modules:
        argv = [clang, *flags, *module.flags, "-Wno-unused-command-line-argument"]
        run(*argv, "-Wno-override-module", "-c", folder / module.bitcode, "-o", output)
        made[module.name] = output.read_bytes()
    return made


@pytest.mark.parametrize("tool", ["clang", "opt", "llc", "ld.lld"])
def test_models_are_listed(prefix: Path, tool: str):
    flags = {"clang": ["-mllvm"], "ld.lld": ["-mllvm"]}.get(tool, [])
    line = run(prefix / "bin" / tool, *flags, "-mlgo-print-models").splitlines()[0]
    weights = load_weights(models.weights_file("inlining-size"))
    assert re.split(r" +", line) == [
        "inliner",
        "inlining-size",
        "0.1.0",
        f"sha256:{weights.sha256}",
    ]


@pytest.mark.parametrize("tool", ["clang", "opt", "llc", "lld"])
def test_no_library_but_the_systems(prefix: Path, tool: str):
    listed = run("readelf", "-d", prefix / "bin" / tool)
    needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", listed))
    assert needed <= SYSTEM
    assert not re.search("RUNPATH|RPATH", listed)


@pytest.mark.parametrize("level", ["-Oz", "-O2"])
def test_default_paths_are_debians(
    prefix: Path, programs: list[tuple[Path, Program]], tmp_path: Path, level: str
):
    for program in programs:
        ours = objects(prefix / "bin/clang", program, [level], tmp_path / "x.o")
        assert ours == objects(STOCK / "clang", program, [level], tmp_path / "x.o")


def test_the_embedded_model_is_the_plugins(
    prefix: Path, programs: list[tuple[Path, Program]], tmp_path: Path
):
    plugin = build_plugin(19, folder=tmp_path / "plugin")
    different = 0
    for program in programs:
        embedded = objects(prefix / "bin/clang", program, ["-Oz", *EMBEDDED], tmp_path / "x.o")
        flags = ["-Oz", f"-fpass-plugin={plugin}"]
        assert embedded == objects(STOCK / "clang", program, flags, tmp_path / "x.o")
        # A plugin built for Debian's clang works in this one too.
        assert embedded == objects(prefix / "bin/clang", program, flags, tmp_path / "x.o")
        stock = objects(STOCK / "clang", program, ["-Oz"], tmp_path / "x.o")
        different += sum(embedded[name] != stock[name] for name in stock)
    assert different > 0


def test_configuration_file(prefix: Path, programs: list[tuple[Path, Program]], tmp_path: Path):
    program = programs[1]
    flags = ["--config=inlining-size.cfg", "-Oz"]
    configured = objects(prefix / "bin/clang", program, flags, tmp_path / "x.o")
    assert configured == objects(
        prefix / "bin/clang", program, ["-Oz", *EMBEDDED], tmp_path / "x.o"
    )


def test_full_lto(prefix: Path, tmp_path: Path):
    """The inliner of the link follows the model too: lld has it inside."""
    for name, text in {
        "a.c": "int g(int); int h(int x) { return g(x) + g(x + 1); }\n",
        "b.c": "int h(int); int g(int x) { return x * x + 3; }\n"
        "int main(int n, char **v) { (void)v; return h(n); }\n",
    }.items():
        (tmp_path / name).write_text(text)
    sources = [tmp_path / "a.c", tmp_path / "b.c"]
    flags = ["--config=inlining-size-lto.cfg", "-Oz", "-Wl,--opt-remarks-filename,remarks.yaml"]
    run(prefix / "bin/clang", *flags, *sources, "-o", tmp_path / "program", cwd=tmp_path)
    assert "inline-ml" in (tmp_path / "remarks.yaml").read_text()


def test_unknown_model(prefix: Path, tmp_path: Path):
    (tmp_path / "x.c").write_text("static int g(int x) { return x; } int f() { return g(1); }\n")
    argv = [prefix / "bin/clang", "-Oz", *EMBEDDED, "-c", tmp_path / "x.c"]
    argv += ["-mllvm", "-ml-inliner-embedded-model=nonesuch", "-o", tmp_path / "x.o"]
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True)
    assert done.returncode != 0
    assert "is called 'nonesuch'; there are: inlining-size" in done.stderr
    assert not (tmp_path / "x.o").exists()


def test_score_as_a_remark(prefix: Path, tmp_path: Path):
    (tmp_path / "x.c").write_text("int f(int *p, int *q) { int x = *p; *q = x; return x; }\n")
    argv = [prefix / "bin/clang", "-O2", "-c", tmp_path / "x.c", "-o", tmp_path / "x.o"]
    assert "score" not in run(*argv)
    assert "score 5.000 of f: 0.000 copies, 1.000 loads, 1.000 stores" in run(
        *argv, "-Rpass-analysis=regalloc-score"
    )


_LIT = """\
import lit.formats
config.name = "llvm"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".ll"]
config.excludes = ["Inputs"]
config.test_source_root = {source!r}
config.test_exec_root = {output!r}
config.available_features = {{"x86_64-linux", "mlgo_inlining_size"}}
config.environment["PATH"] = {path!r}
config.substitutions = [("%python", {python!r})]
"""


def test_the_tests_of_the_patches(prefix: Path, tmp_path: Path):
    """Runs the tests that the patches add to LLVM's own, and those beside them, with lit."""
    tests = default_prefix().parent / "build-19/source/llvm/test"
    (tests / "lit.cfg.py").write_text(
        _LIT.format(
            source=str(tests),
            output=str(tmp_path),
            path=os.pathsep.join([str(prefix / "bin"), str(STOCK), os.environ["PATH"]]),
            python=sys.executable,
        )
    )
    runner = "import sys, lit.main; sys.exit(lit.main.main())"
    listing = run(sys.executable, "-c", runner, "-v", "--show-pass", tests)
    for name in find_series(19).added():
        if "/test/" in name and name.endswith(".ll"):
            assert f"PASS: llvm :: {name.removeprefix('llvm/test/')}" in listing


def test_packed_and_unpacked_elsewhere(prefix: Path, tmp_path: Path):
    pack(prefix, tmp_path / "a.tar.xz", name="clang")
    run("tar", "-C", tmp_path, "-xf", tmp_path / "a.tar.xz")
    (tmp_path / "x.c").write_text("#include <stddef.h>\nsize_t f(void) { return 1; }\n")
    clang = tmp_path / "clang/bin/clang"
    run(clang, "-Oz", *EMBEDDED, "-c", tmp_path / "x.c", "-o", tmp_path / "x.o")
    assert str(tmp_path / "clang/bin") in run(clang, "--version")
    card = tmp_path / "clang/share/mlgo/models/inlining-size/card.json"
    assert json.loads(card.read_text())["name"] == "inlining-size"
    assert (tmp_path / "clang/share/licenses/llvm.txt").exists()


def test_versions_match(prefix: Path):
    assert find_toolchain(19).version in run(prefix / "bin/clang", "--version")


def test_on_a_machine_without_llvm_19(prefix: Path, tmp_path: Path):
    """In a mount namespace in which Debian's LLVM 19 is an empty folder."""
    (tmp_path / "x.c").write_text('#include <stdio.h>\nint main(void) { puts("hello"); }\n')
    clang = prefix / "bin/clang"
    script = (
        "mount -t tmpfs none /usr/lib/llvm-19 && "
        f"{clang} -Oz -mllvm -enable-ml-inliner=release -fuse-ld=lld x.c -o x && ./x"
    )
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("a mount namespace needs root")
    assert run("unshare", "-m", "sh", "-c", script, cwd=tmp_path) == "hello\n"
