"""Builds the pass plugin against an installed LLVM, and finds the built one."""

from __future__ import annotations

import contextlib
import fcntl
import filecmp
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlgo import __version__, models, paths
from mlgo.atomic import write_bytes
from mlgo.errors import UserError
from mlgo.toolchain import DEFAULT_RELEASE, find_toolchain

SOURCE = Path(__file__).parent
DEFAULT_POLICY = "inlining-size"


def plugin_path(release: int = DEFAULT_RELEASE, policy: str = DEFAULT_POLICY) -> Path:
    """Returns the built plugin for an LLVM release with a policy inside.

    Args:
        release: LLVM's major release.
        policy: a shipped policy's name, or several joined by "+".

    Raises:
        UserError: it has not been built.
    """
    path = _folder(release, policy) / "mlgo.so"
    if not path.exists():
        raise UserError(
            f"the plugin for LLVM {release} with the policy {policy} is not built",
            hint=f"mlgo plugin build --release {release} --policy {policy}",
        )
    return path


def build_plugin(
    release: int = DEFAULT_RELEASE,
    policy: str = DEFAULT_POLICY,
    own: Sequence[Path] = (),
    folder: Path | None = None,
    sanitize: bool = False,
) -> Path:
    """Builds the plugin (seconds) and returns its path.

    Args:
        release: LLVM's major release.
        policy: a shipped policy's name, or several of different problems joined by "+".
        own: object files to embed instead, made by `mlgo export`: one for each thing to decide.
        folder: where to build; by default in the suite's own folder.
        sanitize: with the address and undefined-behaviour sanitizers; the compiler that loads it
            needs the former's library preloaded.

    Raises:
        UserError: no such LLVM or policy, two policies of one problem, cmake or ninja missing, or
            the build failed.
    """
    toolchain = find_toolchain(release)
    if not toolchain.cmake_dir.exists():
        raise UserError(
            f"the development files of LLVM {release} are not installed",
            hint=f"apt-get install llvm-{release}-dev, or `make setup`",
        )
    embedded = list(own) or _objects(policy)
    for path in embedded:
        if not path.exists():
            raise UserError(f"no model at {path}", hint="make one: mlgo export")
    folder = folder or _folder(release, policy)
    made = folder / "build"
    made.mkdir(parents=True, exist_ok=True)
    configure = [_need("cmake"), "-S", str(SOURCE), "-B", str(made), "-G", "Ninja"]
    configure += [f"-DLLVM_DIR={toolchain.cmake_dir}"]
    configure += ["-DMLGO_MODELS=" + ";".join(str(path.absolute()) for path in embedded)]
    configure += [f"-DMLGO_VERSION={__version__}", "-DCMAKE_BUILD_TYPE="]
    configure += [f"-DMLGO_SANITIZE={'ON' if sanitize else 'OFF'}"]
    configure += [f"-DCMAKE_CXX_COMPILER={toolchain.clangxx}"]
    configure += [f"-DCMAKE_C_COMPILER={toolchain.clang}"]
    build = [_need("ninja"), "-C", str(made), "mlgo"]
    with _alone(folder):
        _forget_other_source(made)
        _run(configure)
        _run(build)
        _publish(made / "mlgo.so", folder / "mlgo.so")
    return folder / "mlgo.so"


def _publish(made: Path, plugin: Path) -> None:
    """Replaces the plugin at once: compilers that run have it open, others may start."""
    if not (plugin.exists() and filecmp.cmp(made, plugin, shallow=False)):
        write_bytes(plugin, made.read_bytes())


def _objects(policy: str) -> list[Path]:
    names = policy.split("+")
    problems = [models.problem(name) for name in names]
    for problem in problems:
        if problems.count(problem) > 1:
            raise UserError(
                f"{policy}: more than one policy of {problem}", hint="one of each problem"
            )
    return [path for name in names for path in models.object_files(name, platform.machine())]


def _folder(release: int, policy: str) -> Path:
    return paths.home() / "plugin" / f"llvm-{release}" / policy


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One build at a time in a folder; another one waits."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _forget_other_source(folder: Path) -> None:
    """Removes CMake's cache where another checkout of the suite made it: CMake refuses those."""
    cache = folder / "CMakeCache.txt"
    if cache.exists() and f"CMAKE_HOME_DIRECTORY:INTERNAL={SOURCE}\n" not in cache.read_text():
        cache.unlink()
        shutil.rmtree(folder / "CMakeFiles", ignore_errors=True)


def _need(tool: str) -> str:
    found = shutil.which(tool)
    if not found:
        raise UserError(
            f"{tool} is not installed", hint="make setup, or apt-get install cmake ninja-build"
        )
    return found


def _run(command: list[str]) -> None:
    env = {**os.environ, "CXXFLAGS": "", "CFLAGS": "", "LDFLAGS": ""}  # the user's are not for us
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode:
        output = done.stdout + done.stderr
        errors = [line for line in output.splitlines() if "error:" in line] or ["no message"]
        raise UserError(f"building the plugin failed: {errors[0].strip()}", exit_code=1)
