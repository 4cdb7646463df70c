"""Archives of a toolchain: the same bytes each time, and nothing that cannot be moved."""

import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from llvm_patches.pack import pack
from llvm_patches.prefix import MANIFEST
from mlgo.cli.toolchain import toolchain
from mlgo.errors import UserError


def make_prefix(root: Path, *, reverse: bool = False) -> Path:
    """A small toolchain; its files are made in one order or the other."""
    files = {
        "bin/clang": ("#!/bin/sh\necho hello\n", 0o755),
        "bin/inlining-size.cfg": ("-mllvm -enable-ml-inliner=release\n", 0o644),
        "lib/clang/19/include/stddef.h": ("typedef int size;\n", 0o644),
        MANIFEST: ('{"llvm": "19.1.7"}\n', 0o644),
    }
    for name, (text, mode) in sorted(files.items(), reverse=reverse):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    (root / "bin/clang++").symlink_to("clang")
    return root


def test_same_bytes_whatever_the_day_the_umask_and_the_order(tmp_path: Path):
    first = make_prefix(tmp_path / "a")
    second = make_prefix(tmp_path / "b", reverse=True)
    for path in second.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (1, 1))
    (second / "bin/inlining-size.cfg").chmod(0o600)
    (second / "bin").chmod(0o700)
    pack(first, tmp_path / "a.tar.xz", name="clang")
    pack(second, tmp_path / "b.tar.xz", name="clang")
    assert (tmp_path / "a.tar.xz").read_bytes() == (tmp_path / "b.tar.xz").read_bytes()


def test_it_works_elsewhere(tmp_path: Path):
    pack(make_prefix(tmp_path / "a"), tmp_path / "tools.tar.xz")
    (tmp_path / "elsewhere").mkdir()
    archive = tmp_path / "tools.tar.xz"
    subprocess.run(["tar", "-C", tmp_path / "elsewhere", "-xf", archive], check=True)
    program = tmp_path / "elsewhere/tools/bin/clang++"
    assert subprocess.run([program], capture_output=True, text=True).stdout == "hello\n"
    with tarfile.open(archive) as entries:
        assert {(e.uid, e.gid, e.uname, e.gname, e.mtime) for e in entries} == {(0, 0, "", "", 0)}


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside", "nowhere"])
def test_links_that_cannot_be_moved_are_refused(tmp_path: Path, target: str):
    (tmp_path / "outside").write_text("")
    prefix = make_prefix(tmp_path / "a")
    (prefix / "bin/odd").symlink_to(target)
    with pytest.raises(UserError, match="leads"):
        pack(prefix, tmp_path / "a.tar.xz")
    assert not list(tmp_path.glob("*.tar.xz*"))
    assert not list(tmp_path.glob(".*partial"))


def test_what_is_no_toolchain_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="no toolchain") as error:
        pack(tmp_path, tmp_path / "a.tar.xz")
    assert "mlgo toolchain build" in error.value.hint


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    prefix = make_prefix(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(toolchain, ["pack", str(prefix)])
    assert result.exit_code == 0, result.output
    name = result.output.strip()
    assert name.startswith("mlgo-clang-19.1.7-")
    assert (tmp_path / name).stat().st_size > 0
