"""One LLVM installation: where it is and which release it is."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mlgo.errors import UserError

SUPPORTED_RELEASES = (22, 19)
DEFAULT_RELEASE = 22


@dataclass(frozen=True)
class Toolchain:
    """The tools of one LLVM release.

    Attributes:
        release: the major release, e.g. 22.
        version: the full version, e.g. "22.1.8".
        bindir: the folder of clang, opt, lld and the others, e.g. /usr/lib/llvm-22/bin.
    """

    release: int
    version: str
    bindir: Path

    def tool(self, name: str) -> Path:
        """Returns the path of a tool of this release, e.g. `clang++`.

        Raises:
            UserError: the tool is not installed.
        """
        path = self.bindir / name
        if not path.exists():
            raise UserError(
                f"{name} of LLVM {self.release} is not installed (looked for {path})",
                hint=f"apt-get install {_debian_package(name, self.release)}, or `make setup`",
            )
        return path

    @property
    def clang(self) -> Path:
        """The C compiler driver."""
        return self.tool("clang")

    @property
    def clangxx(self) -> Path:
        """The C++ compiler driver."""
        return self.tool("clang++")

    @property
    def cmake_dir(self) -> Path:
        """LLVM's CMake package, for `-DLLVM_DIR=`."""
        return self.bindir.parent / "lib" / "cmake" / "llvm"


def _debian_package(tool: str, release: int) -> str:
    if tool.startswith("clang"):
        return f"clang-{release}"
    if "lld" in tool:
        return f"lld-{release}"
    return f"llvm-{release}"


@functools.cache
def find_toolchain(release: int = DEFAULT_RELEASE) -> Toolchain:
    """Finds the installed LLVM of a major release.

    Looks in Debian's folder (/usr/lib/llvm-N/bin), then for clang-N and clang on PATH.

    Raises:
        UserError: there is none, or the one on PATH is another release.
    """
    candidates = [Path(f"/usr/lib/llvm-{release}/bin/clang")]
    candidates += [Path(p) for n in (f"clang-{release}", "clang") if (p := shutil.which(n))]
    seen = []
    for clang in candidates:
        if not clang.exists():
            continue
        version = _clang_version(clang)
        if version.split(".")[0] == str(release):
            return Toolchain(release, version, clang.resolve().parent)
        seen.append(f"{clang} is {version}")
    found = f" ({'; '.join(seen)})" if seen else ""
    raise UserError(
        f"clang of LLVM {release} was not found{found}",
        hint=f"apt-get install clang-{release} llvm-{release}-dev lld-{release}, or `make setup`",
    )


def _clang_version(clang: Path) -> str:
    try:
        out = subprocess.run([clang, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"{clang} does not run: {error}", hint="reinstall it") from error
    match = re.search(r"clang version (\d+\.\d+\.\d+)", out.stdout)
    if not match:
        raise UserError(f"{clang} --version is not understood: {out.stdout[:80]!r}")
    return match.group(1)
