"""`mlgo tune inlining` on a real build tree, with real compilers."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mlgo.corpus.elf import text_size
from mlgo.plugin.build import plugin_path
from mlgo.toolchain import find_toolchain
from tests.mlgo.plugin.conftest import MAIN, SOURCE

MLGO = Path(sys.executable).with_name("mlgo")
CMAKE = """
cmake_minimum_required(VERSION 3.16)
project(entries CXX)
add_executable(app x.cc main.cc)
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    plugin_path(22)
    source = tmp_path_factory.mktemp("entries")
    (source / "x.cc").write_text(SOURCE)
    (source / "main.cc").write_text(MAIN)
    (source / "CMakeLists.txt").write_text(CMAKE)
    clang = find_toolchain().clangxx
    command = ["cmake", "-S", source, "-B", source / "build", f"-DCMAKE_CXX_COMPILER={clang}"]
    subprocess.run([*command, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"], check=True)
    return source / "build"


def tune(build, output, *arguments, check=True):
    command = [MLGO, "tune", "inlining", "--compile-commands", build / "compile_commands.json"]
    command += ["--output", output, "--budget", "8", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr
    return done


def linked(folder, flags, sources):
    """Builds as a user would: the flags in the environment of a shell."""
    folder.mkdir()
    words = "-ffunction-sections -Wl,--gc-sections"
    script = f"{flags}\n$CXX $CXXFLAGS {words} $LDFLAGS {shlex.join(map(str, sources))} -o app"
    linker = f"--ld-path={find_toolchain().tool('ld.lld')}"
    env = {**os.environ, "LDFLAGS": linker}
    subprocess.run(["sh", "-euc", script], cwd=folder, env=env, check=True)
    return folder / "app"


@pytest.mark.parametrize("lto", [False, True])
def test_a_tuned_program_is_smaller_and_works(build, tmp_path, lto):
    done = tune(build, tmp_path / "out", *(["--lto"] if lto else []))
    (program,) = json.loads((tmp_path / "out" / "tune.json").read_text())["programs"]
    assert program["tuned"] <= min(program["stock"], program["policy"])
    assert program["replayed"] == len(program["modules"])
    sources = [build.parent / "x.cc", build.parent / "main.cc"]
    stock_flags = f"CXX={find_toolchain().clangxx} CXXFLAGS='-Oz {'-flto' if lto else ''}'"
    tuned = linked(tmp_path / "tuned", done.stdout, sources)
    stock = linked(tmp_path / "stock", stock_flags, sources)
    outputs = [subprocess.run([app], capture_output=True, check=True) for app in (tuned, stock)]
    assert outputs[0].stdout == outputs[1].stdout != b""
    assert text_size(tuned) <= text_size(stock)
    if program["kept"] == "tuned" and program["tuned"] < program["stock"]:
        assert text_size(tuned) < text_size(stock)
    assert "<script>" in (tmp_path / "out" / "tune.html").read_text()


def test_the_same_command_again_gives_the_same_and_compiles_no_more(build, tmp_path):
    first = tune(build, tmp_path / "out")
    result = (tmp_path / "out" / "tune.json").read_bytes()
    assert tune(build, tmp_path / "out").stdout == first.stdout
    assert (tmp_path / "out" / "tune.json").read_bytes() == result
    again = tune(build, tmp_path / "other", "--jobs", "1")
    assert again.returncode == 0
    lists = sorted(tmp_path.glob("*/*/decisions.tsv"))
    assert len(lists) == 2
    assert lists[0].read_bytes() == lists[1].read_bytes()


def test_a_state_of_something_else_is_refused(build, tmp_path):
    tune(build, tmp_path / "out", "--budget", "4")
    done = tune(build, tmp_path / "out", "--seed", "1", check=False)
    assert done.returncode == 2
    assert "was made with another" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_to_tune_is_told(tmp_path):
    done = subprocess.run([MLGO, "tune", "inlining"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "hint: give --compile-commands" in done.stderr
