"""LLVM's source: fetched as a Debian source package or given, and only what is needed of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePath

from llvm_patches.series import Series, find_series
from mlgo import paths
from mlgo.corpus.debian import checked_files, download
from mlgo.errors import UserError
from mlgo.process import check, run

# For the test of the CMake arguments; Debian patches it, and it is not built.
_READ_ONLY = "llvm/CMakeLists.txt"

#: Beside the files of a series: what the tools are made of, private headers, tests, licences.
_ALWAYS = (
    "clang/LICENSE.TXT",
    "clang/tools/driver/",
    "cmake/Modules/LLVMVersion.cmake",
    "lld/LICENSE.TXT",
    "lld/tools/lld/",
    "llvm/LICENSE.TXT",
    _READ_ONLY,
    "llvm/cmake/modules/TensorFlowCompile.cmake",
    "llvm/lib/CodeGen/CMakeLists.txt",
    "llvm/lib/Analysis/models/",
    "llvm/lib/CodeGen/*.h",
    "llvm/lib/Support/Z3Solver.cpp",
    "llvm/lib/WindowsManifest/WindowsManifestMerger.cpp",
    "llvm/test/CodeGen/MLRegAlloc/",
    "llvm/test/Transforms/Inline/ML/",
    "llvm/tools/llc/",
    "llvm/tools/opt/",
)


def fetch_source(release: int, tree: Path) -> str:
    """Fetches Debian's source package, checks it, and unpacks into `tree` what is needed.

    The download (164 MB for LLVM 19) is kept in the suite's folder.

    Returns:
        The package's version.

    Raises:
        UserError: there are no patches for the release, the mirror does not have the package, a
            checksum is wrong, or Debian patches a file that is needed.
    """
    series = find_series(release)
    package = f"llvm-toolchain-{release}"
    folder = paths.home() / "toolchain" / package
    folder.mkdir(parents=True, exist_ok=True)
    dsc = next(iter(sorted(folder.glob("*.dsc"))), None)
    dsc = dsc or download(package, None, paths.home() / "apt", folder)
    files = checked_files(dsc)
    original = next(file for file in files if ".orig.tar." in file.name)
    debian = next(file for file in files if ".debian.tar." in file.name)
    needed = _needed(series)
    _check_debian(debian, needed)
    _extract(original, needed, tree)
    return dsc.name.partition("_")[2].removesuffix(".dsc")


def copy_source(source: Path, tree: Path) -> None:
    """Copies from a given LLVM source tree what is needed; it is left as it is.

    Raises:
        UserError: it is no LLVM source tree, or there are no patches for its release.
    """
    release = int(version_of(source).partition(".")[0])
    for pattern in _needed(find_series(release, f"LLVM {version_of(source)} in {source}")):
        for path in _matches(source, pattern):
            target = tree / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def version_of(source: Path) -> str:
    """Returns the version of an LLVM source tree, e.g. "19.1.7".

    Raises:
        UserError: it is none.
    """
    # Since LLVM 19 in a file of its own.
    for name in ("cmake/Modules/LLVMVersion.cmake", "llvm/CMakeLists.txt"):
        path = source / name
        text = path.read_text(errors="replace") if path.is_file() else ""
        numbers = [
            re.search(rf"set\(LLVM_VERSION_{part} (\d+)", text)
            for part in ("MAJOR", "MINOR", "PATCH")
        ]
        if all(numbers):
            return ".".join(number[1] for number in numbers if number)
    raise UserError(
        f"{source} is no LLVM source tree: it states no version",
        hint="give the folder that holds llvm/, clang/, lld/ and cmake/",
    )


def _needed(series: Series) -> list[str]:
    """Patterns of what is needed; each file matches one of them, or tar would miss the second."""
    changed = [name for name in series.changed() if not any(_is_in(name, p) for p in _ALWAYS)]
    return sorted([*_ALWAYS, *changed])


def _is_in(name: str, pattern: str) -> bool:
    return name.startswith(pattern) if pattern.endswith("/") else PurePath(name).match(pattern)


def _matches(source: Path, pattern: str) -> Iterable[Path]:
    if pattern.endswith("/"):
        return [path for path in (source / pattern).rglob("*") if path.is_file()]
    return [path for path in source.glob(pattern) if path.is_file()]


def _extract(archive: Path, needed: list[str], tree: Path) -> None:
    tree.mkdir(parents=True, exist_ok=True)
    # The archive's one top folder is stripped; GNU tar itself refuses paths that lead elsewhere.
    argv: list[str | Path] = ["tar", "-xf", archive, "-C", tree, "--strip-components=1"]
    argv += ["--no-same-owner", "--wildcards", "--no-wildcards-match-slash"]
    argv += [f"*/{name.rstrip('/')}" for name in needed]
    check(run(argv), f"unpacking {archive.name}", hint="is the disk full?")


def _check_debian(archive: Path, needed: list[str]) -> None:
    """Debian's patches are in its static libraries; none may be in a file that is replaced."""
    listing = check(run(["tar", "-xOf", archive, "debian/patches/series"]), f"reading {archive}")
    names = [line.split()[0] for line in listing.log.splitlines() if line[:1] not in ("", "#")]
    members = [f"debian/patches/{name}" for name in names]
    text = check(run(["tar", "-xOf", archive, *members]), f"reading {archive}").log
    touched = {name.partition("/")[2] for name in re.findall(r"^\+\+\+ (\S+)", text, re.M)}
    replaced = sorted(
        name for name in touched - {_READ_ONLY} if any(_is_in(name, pattern) for pattern in needed)
    )
    if replaced:
        raise UserError(
            f"Debian patches {replaced[0]}, which would be lost",
            hint="unpack the package with dpkg-source -x and give it: --source FOLDER",
        )
