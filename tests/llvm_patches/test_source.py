"""LLVM's source: which is refused, and that the real one takes the patches."""

import fcntl
import hashlib
from pathlib import Path

import pytest

from llvm_patches.build import build
from llvm_patches.series import apply, find_series
from llvm_patches.source import copy_source, fetch_source, version_of
from mlgo import paths
from mlgo.corpus.debian import checked_files
from mlgo.errors import UserError
from mlgo.toolchain import find_toolchain
from tests.llvm_patches.test_series import snapshot


def llvm_tree(root: Path, version: str, *, modern: bool = True) -> Path:
    """A tree that states a version, as LLVM does since 19 or as it did before."""
    path = root / ("cmake/Modules/LLVMVersion.cmake" if modern else "llvm/CMakeLists.txt")
    path.parent.mkdir(parents=True)
    parts = zip(("MAJOR", "MINOR", "PATCH"), version.split("."), strict=True)
    path.write_text("".join(f"set(LLVM_VERSION_{part} {number})\n" for part, number in parts))
    return root


@pytest.mark.parametrize(("version", "modern"), [("19.1.7", True), ("17.0.6", False)])
def test_version(tmp_path: Path, version: str, modern: bool):
    assert version_of(llvm_tree(tmp_path, version, modern=modern)) == version


def test_another_release_is_refused(tmp_path: Path):
    tree = llvm_tree(tmp_path / "llvm-project", "18.1.8", modern=False)
    with pytest.raises(UserError, match=r"no patches for LLVM 18\.1\.8 in .*llvm-project") as error:
        build(tmp_path / "prefix", tree)
    assert "LLVM 19" in error.value.hint
    assert not (tmp_path / "prefix").exists()


def test_another_version_than_the_libraries_is_refused(tmp_path: Path):
    tree = llvm_tree(tmp_path / "llvm-project", "19.1.0")
    with pytest.raises(UserError, match=r"source is LLVM 19\.1\.0, the static libraries are 19"):
        build(tmp_path / "prefix", tree)


def test_no_source_tree(tmp_path: Path):
    with pytest.raises(UserError, match="no LLVM source tree"):
        build(tmp_path / "prefix", tmp_path)


def test_a_tree_that_the_patches_do_not_fit_is_left_alone(tmp_path: Path):
    tree = llvm_tree(tmp_path / "llvm-project", "19.1.7")
    (tree / "llvm/lib/Analysis").mkdir(parents=True)
    (tree / "llvm/lib/Analysis/MLInlineAdvisor.cpp").write_text("// something else\n")
    before = snapshot(tree)
    copy_source(tree, tmp_path / "copy")
    with pytest.raises(UserError, match=r"applying 0001-.*\.patch"):
        apply(find_series(19), tmp_path / "copy")
    assert snapshot(tree) == before


def dsc(folder: Path, content: bytes, digest: str) -> Path:
    (folder / "x.orig.tar.xz").write_bytes(content)
    path = folder / "x.dsc"
    path.write_text(f"Format: 3.0\nChecksums-Sha256:\n {digest} {len(content)} x.orig.tar.xz\n")
    return path


def test_checksums(tmp_path: Path):
    path = dsc(tmp_path, b"source", hashlib.sha256(b"source").hexdigest())
    assert checked_files(path) == [tmp_path / "x.orig.tar.xz"]


def test_a_wrong_checksum_is_refused(tmp_path: Path):
    path = dsc(tmp_path, b"tampered", hashlib.sha256(b"source").hexdigest())
    with pytest.raises(UserError, match=r"x\.orig\.tar\.xz does not have the checksum"):
        checked_files(path)


def test_checksums_are_needed(tmp_path: Path):
    path = tmp_path / "x.dsc"
    path.write_text("Format: 3.0\n")
    with pytest.raises(UserError, match="no SHA-256"):
        checked_files(path)


def test_the_series_applies_to_the_release_and_reverses(tmp_path: Path):
    if not list((paths.home() / "toolchain/llvm-toolchain-19").glob("*.dsc")):
        pytest.skip("LLVM's source is not here: `make toolchain` fetches it")
    fetch_source(19, tmp_path / "tree")
    before = snapshot(tmp_path / "tree")
    apply(find_series(19), tmp_path / "tree")
    assert snapshot(tmp_path / "tree") != before
    apply(find_series(19), tmp_path / "tree", reverse=True)
    assert snapshot(tmp_path / "tree") == before


def test_one_build_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLGO_HOME", str(tmp_path))
    folder = tmp_path / "toolchain/build-19"
    folder.mkdir(parents=True)
    tree = llvm_tree(tmp_path / "llvm-project", find_toolchain(19).version)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another build runs"):
            build(tmp_path / "prefix", tree)
