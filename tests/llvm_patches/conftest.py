"""The real toolchain, and three real packages as LLVM 19's bitcode."""

from pathlib import Path

import pytest

from llvm_patches.build import build
from mlgo import paths
from mlgo.corpus.add import add_debian
from mlgo.corpus.assemble import Settings
from mlgo.corpus.program import Program
from mlgo.errors import UserError

PACKAGES = ("lua5.4", "tinyxml2", "cmark")


@pytest.fixture(scope="session")
def prefix() -> Path:
    """The patched toolchain, built if it is not there (minutes)."""
    try:
        return build()
    except UserError as error:
        pytest.skip(f"`make toolchain` does not work here: {error} ({error.hint})")


@pytest.fixture(scope="session")
def programs() -> list[tuple[Path, Program]]:
    """The packages' folders and modules; the corpus of LLVM 22 cannot be read by LLVM 19."""
    settings = Settings(corpus=paths.home() / "toolchain/corpus", release=19)
    return [(settings.folder / name, add_debian(name, None, settings)) for name in PACKAGES]
