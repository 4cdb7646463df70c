"""A series of patches for one LLVM release."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mlgo.errors import UserError
from mlgo.process import Finished, check, run

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Series:
    """The patches for a release, in the order in which they apply.

    Attributes:
        release: LLVM's major release.
        patches: paths of the patches.
    """

    release: int
    patches: tuple[Path, ...]

    def changed(self) -> list[str]:
        """Files of LLVM's source tree that the series changes, relative to its root."""
        names = self._find(r"^--- a/(\S+)$")
        return sorted(names - set(self.added()))

    def added(self) -> list[str]:
        """Files that the series adds."""
        return sorted(self._find(r"^--- /dev/null\n\+\+\+ b/(\S+)$"))

    def _find(self, pattern: str) -> set[str]:
        text = "\n".join(patch.read_text() for patch in self.patches)
        return set(re.findall(pattern, text, re.M))


def releases() -> list[int]:
    """The releases that there is a series for."""
    return sorted(int(folder.name.partition("-")[2]) for folder in _FOLDER.glob("llvm-*"))


def find_series(release: int, found: str = "") -> Series:
    """Returns the series for a release.

    Args:
        release: LLVM's major release.
        found: what asks for it, e.g. "LLVM 18.1.8 in /src/llvm-project"; for the message.

    Raises:
        UserError: there is none.
    """
    if release not in releases():
        known = ", ".join(f"LLVM {known}" for known in releases())
        raise UserError(
            f"there are no patches for {found or f'LLVM {release}'}",
            hint=f"there are patches for {known}; a new series goes to llvm_patches/llvm-N",
        )
    return Series(release, tuple(sorted((_FOLDER / f"llvm-{release}").glob("*.patch"))))


def apply(series: Series, tree: Path, *, reverse: bool = False) -> None:
    """Applies a series to a source tree, or takes it out again; every patch or none.

    Raises:
        UserError: a patch does not apply; names it and what is in the way.
    """
    ordered = tuple(reversed(series.patches)) if reverse else series.patches
    direction = ["--reverse"] if reverse else []
    done: list[Path] = []
    for patch in ordered:
        finished = _git_apply(tree, [*direction, patch])
        if finished.code != 0:
            for earlier in reversed(done):
                _git_apply(tree, [earlier] if reverse else ["--reverse", earlier])
            hint = "is the tree unchanged, and of the release that the patches are for?"
            check(finished, f"applying {patch.name} to {tree}", hint=hint)
        done.append(patch)


def _git_apply(tree: Path, arguments: list[str | Path]) -> Finished:
    # Inside a repository git would take the patch's paths as relative to the repository's root.
    environment = {"GIT_CEILING_DIRECTORIES": str(tree.absolute().parent), "LC_ALL": "C"}
    return run(["git", "apply", "--whitespace=nowarn", *arguments], cwd=tree, env=environment)
