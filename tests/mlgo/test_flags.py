"""Every format of `mlgo flags`, by building a real package with it: in parallel, with spaces."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mlgo import paths
from mlgo.corpus.debian import fetch
from mlgo.errors import UserError
from mlgo.flags import FORMATS, make_flags, write_flags
from mlgo.plugin.build import build_plugin, plugin_path
from mlgo.toolchain import find_toolchain

BuildTree = Callable[[Path, Path], list[Path]]


@pytest.fixture(scope="module")
def spaced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugins in a folder with spaces in its path."""
    folder = tmp_path_factory.mktemp("with some spaces")
    for release in (22, 19):
        built = build_plugin(release)
        shutil.copy(built, folder / f"mlgo {release}.so")
    return folder


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tinyxml2 (C++; CMake, Meson and make) and hello (C; autoconf)."""
    work = tmp_path_factory.mktemp("sources")
    for name in ("tinyxml2", "hello"):
        (work / name).mkdir()
        fetch(name, None, paths.home() / "apt", work / name, patch=True)
    return work


@pytest.fixture
def tree(request: pytest.FixtureRequest, sources: Path, tmp_path: Path) -> Path:
    """A fresh copy of a package's source."""
    copy = tmp_path / "source tree" / request.param
    shutil.copytree(sources / request.param / "source", copy)
    return copy


class Builder:
    """Runs build commands; the plugin logs every module that it decides about."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self.tree = tree
        self.logs = folder / "the logs"
        self.logs.mkdir()
        self.variables: dict[str, str] = {}

    def run(self, *argv: str | Path) -> None:
        env = {**os.environ, "MLGO_LOG": str(self.logs), **self.variables}
        words = [str(word) for word in argv]
        done = subprocess.run(words, cwd=self.tree, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    def decided(self) -> set[str]:
        """The sources of the modules that the plugin saw."""
        names = [path.name.rsplit("-", 1)[0] for path in self.logs.glob("*.log")]
        return {re.split(r"_(?=[^_.]+\.[a-z]+$)", name)[-1] for name in names}


@pytest.fixture
def builder(tree: Path, tmp_path: Path) -> Builder:
    return Builder(tree, tmp_path)


def write(folder: Path, form: str, plugin: Path, release: int = 22, **options: bool) -> Path:
    policy = "default" if options.pop("control", False) else "inlining-size"
    path = folder / f"flags for {form}"
    path.write_text(write_flags(make_flags(policy, plugin, release, **options), form))
    return path


@pytest.mark.parametrize("tree", ["tinyxml2"], indirect=True)
@pytest.mark.parametrize("release", [22, 19])
@pytest.mark.parametrize("control", [False, True])
def test_cmake_toolchain(
    builder: Builder, spaced: Path, tmp_path: Path, release: int, control: bool
) -> None:
    plugin = spaced / f"mlgo {release}.so"
    file = write(tmp_path, "cmake", plugin, release, control=control)
    build_type = "-DCMAKE_BUILD_TYPE=MinSizeRel"
    builder.run("cmake", "-B", "out", f"-DCMAKE_TOOLCHAIN_FILE={file}", build_type)
    builder.run("cmake", "--build", "out", "-j2")
    assert {"tinyxml2.cpp", "xmltest.cpp"} <= builder.decided()
    builder.run("out/xmltest")


@pytest.mark.parametrize("tree", ["tinyxml2"], indirect=True)
@pytest.mark.parametrize("form", ["cmake", "meson", "make"])
def test_lto(builder: Builder, spaced: Path, tmp_path: Path, form: str) -> None:
    file = write(tmp_path, form, spaced / "mlgo 22.so", lto=True)
    if form == "cmake":
        builder.run("cmake", "-B", "out", f"-DCMAKE_TOOLCHAIN_FILE={file}")
        builder.run("cmake", "--build", "out", "-j2")
    elif form == "meson":
        builder.run("meson", "setup", "out", "--native-file", file, "--buildtype=plain")
        builder.run("ninja", "-C", "out", "-j2")
    else:
        builder.run("make", "-j2", "-f", "Makefile", "-f", file, "xmltest")
    assert "temp.o" in builder.decided(), "the plugin does not decide in the link"


@pytest.mark.parametrize("tree", ["tinyxml2"], indirect=True)
def test_meson_native_file(builder: Builder, spaced: Path, tmp_path: Path) -> None:
    file = write(tmp_path, "meson", spaced / "mlgo 22.so")
    builder.run("meson", "setup", "out", "--native-file", file, "--buildtype=plain")
    builder.run("ninja", "-C", "out", "-j2")
    assert {"tinyxml2.cpp", "xmltest.cpp"} <= builder.decided()


@pytest.mark.parametrize("tree", ["tinyxml2"], indirect=True)
def test_make_include_wins_over_the_command_line(
    builder: Builder, spaced: Path, tmp_path: Path
) -> None:
    file = write(tmp_path, "make", spaced / "mlgo 22.so")
    builder.run("make", "-j2", "-f", "Makefile", "-f", file, "CXXFLAGS=-O3 -fPIC", "xmltest")
    assert {"tinyxml2.cpp", "xmltest.cpp"} <= builder.decided()


@pytest.mark.parametrize("tree", ["hello"], indirect=True)
@pytest.mark.parametrize("form", ["clang-config", pytest.param("shell", marks=pytest.mark.slow)])
def test_autoconf(builder: Builder, spaced: Path, tmp_path: Path, sources: Path, form: str) -> None:
    """./configure cannot take spaces: the tree and the file that is named lie elsewhere."""
    plain = Path(shutil.copytree(builder.tree, sources / f"plain-{form}"))
    builder.tree = plain
    if form == "clang-config":
        config = shutil.copy(write(tmp_path, form, spaced / "mlgo 22.so"), sources / "mlgo.cfg")
        builder.variables = {"CC": f"{find_toolchain().clang} --config={config}", "CFLAGS": "-Oz"}
        builder.run("sh", "./configure", "--disable-nls")
    else:
        plugin = shutil.copy(spaced / "mlgo 22.so", sources / "mlgo.so")
        flags = write(tmp_path, form, Path(plugin))
        builder.run("sh", "-c", '. "$0" && sh ./configure --disable-nls', flags)
    builder.run("make", "-j2", "CPPFLAGS=-Wno-error")
    assert {"hello.c", "xmalloc.c"} <= {Path(name).name for name in builder.decided()}
    builder.run("./hello")


@pytest.mark.parametrize("tree", ["tinyxml2"], indirect=True)
def test_control_is_stock(builder: Builder, spaced: Path, tmp_path: Path) -> None:
    """Through the flags alone: what they select is what the compiler does."""
    texts = {}
    for name, arguments in {
        "stock": ["-Oz"],
        "control": make_flags("default", spaced / "mlgo 22.so", 22).compile,
    }.items():
        output = tmp_path / f"{name}.o"
        builder.run(find_toolchain().clangxx, *arguments, "-c", "tinyxml2.cpp", "-o", output)
        texts[name] = output.read_bytes()
    assert texts["control"] == texts["stock"]


def test_command_line(tmp_path: Path) -> None:
    plugin_path(22)  # built by the other tests
    for form in FORMATS:
        output = tmp_path / form
        mlgo("flags", "--format", form, "--output", str(output))
        assert "mlgo.so" in output.read_text()
    done = mlgo("flags", "--output", str(tmp_path / "missing" / "file"), code=1)
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    done = mlgo("flags", "--policy", "no-such-policy", code=2)
    assert "hint: " in done.stderr


def test_shell_adds_to_the_flags_that_are_set() -> None:
    script = mlgo("flags").stdout + 'echo "$CXXFLAGS"'
    done = subprocess.run(
        ["sh", "-eu", "-c", script], env={"CXXFLAGS": "-DX=1"}, capture_output=True, text=True
    )
    assert done.stdout.startswith("-DX=1 -Oz -fpass-plugin=")


def mlgo(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    program = shutil.which("mlgo") or ".venv/bin/mlgo"
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done


def test_register_allocation_needs_a_release_with_a_place_for_it(tmp_path: Path) -> None:
    plugin = tmp_path / "mlgo.so"
    assert make_flags("regalloc-speed", plugin, 22).compile == ("-O2", f"-fpass-plugin={plugin}")
    with pytest.raises(UserError, match="LLVM 19 has no place"):
        make_flags("inlining-size+regalloc-speed", plugin, 19)
