"""From source to a prefix: fetch, patch, embed, compile, link, install."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from llvm_patches import embedded, prefix, relink
from llvm_patches.embedded import EmbeddedModel
from llvm_patches.series import apply, find_series
from llvm_patches.source import copy_source, fetch_source, version_of
from mlgo import paths
from mlgo.errors import UserError
from mlgo.process import check, run
from mlgo.toolchain import Toolchain, find_toolchain

DEFAULT_RELEASE = 19


def default_prefix(release: int = DEFAULT_RELEASE) -> Path:
    """Where the toolchain is installed if nothing else is asked for."""
    return paths.home() / "toolchain" / f"llvm-{release}"


def build(
    target: Path | None = None,
    source: Path | None = None,
    release: int = DEFAULT_RELEASE,
    chosen: list[EmbeddedModel] | None = None,
    jobs: int = 2,
) -> Path:
    """Builds clang, opt, llc and lld with the patches and with models inside.

    Args:
        target: the folder to install to.
        source: an LLVM source tree, which is only read; by default Debian's source package.
        release: of Debian's source package.
        chosen: the models to embed; the shipped ones by default.
        jobs: at most so many compiles at once.

    Returns:
        The prefix.

    Raises:
        UserError: there are no patches for that release, the source is not that of the installed
            static libraries, something is missing, or a step failed.
    """
    if source is not None:
        release = int(version_of(source).partition(".")[0])
    found = f"LLVM {version_of(source)} in {source}" if source else ""
    series = find_series(release, found)
    toolchain = find_toolchain(release)
    if source is not None:
        _check_version(source, toolchain)
    work = paths.home() / "toolchain" / f"build-{release}"
    target = target or default_prefix(release)
    origin = f"{source}" if source else f"Debian llvm-toolchain-{release}"
    models = embedded.shipped() if chosen is None else chosen
    with _only_one(work):
        tree = _patched_tree(source, release, work)
        _check_version(tree, toolchain)
        _say(f"embedding {len(models)} models")
        objects = embedded.write_folder(models, work / "models", toolchain)
        plan = relink.Relink(tree, series, work / "models", objects, toolchain, work)
        tools = relink.relink(plan, jobs)
        contents = prefix.Contents(version_of(tree), origin, series, tools, tree, toolchain)
        prefix.install(contents, target, _listing)
    _say(f"installed in {target}")
    return target


@contextlib.contextmanager
def _only_one(work: Path) -> Iterator[None]:
    """Keeps a second build out of the same folder."""
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(f"another build runs in {work}", hint="wait for it") from error
        yield


def _patched_tree(source: Path | None, release: int, work: Path) -> Path:
    """Unpacks or copies the source and patches it; unchanged files keep their time."""
    tree, fresh = work / "source", work / "source.new"
    shutil.rmtree(fresh, ignore_errors=True)
    _say("unpacking the source" if source is None else f"copying what is needed of {source}")
    if source is None:
        fetch_source(release, fresh)
    else:
        copy_source(source, fresh)
    apply(find_series(release), fresh)
    _update(fresh, tree)
    return tree


def _update(fresh: Path, tree: Path) -> None:
    """Makes `tree` like `fresh` without touching what is the same, for Ninja's sake."""
    wanted = {path.relative_to(fresh) for path in fresh.rglob("*") if path.is_file()}
    present = {path.relative_to(tree) for path in tree.rglob("*") if path.is_file()}
    for name in present - wanted:
        (tree / name).unlink()
    for name in wanted:
        content = (fresh / name).read_bytes()
        if name not in present or (tree / name).read_bytes() != content:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(content)
    shutil.rmtree(fresh)


def _check_version(tree: Path, toolchain: Toolchain) -> None:
    if version_of(tree) != toolchain.version:
        raise UserError(
            f"the source is LLVM {version_of(tree)}, the static libraries are {toolchain.version}",
            hint="they must be the same: a patched file replaces a member of the libraries",
        )


def _listing(clang: Path) -> str:
    argv: list[str | Path] = [clang, "-mllvm", "-mlgo-print-models"]
    return check(run(argv), "starting the new clang").log


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
