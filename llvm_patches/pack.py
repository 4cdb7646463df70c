"""A toolchain as one archive: the same prefix gives the same bytes, on any day and machine."""

from __future__ import annotations

import lzma
import tarfile
from pathlib import Path
from typing import BinaryIO

from llvm_patches.prefix import MANIFEST
from mlgo.errors import UserError

# 1 is four times as fast as the default, for an archive that is a sixth bigger.
_XZ_PRESET = 1


def pack(prefix: Path, output: Path, *, name: str | None = None) -> None:
    """Writes a prefix as a .tar.xz; nothing is left there on failure.

    Args:
        prefix: a toolchain, made by `llvm_patches.build.build`.
        output: the archive to write.
        name: of the archive's one top folder; the output's name by default.

    Raises:
        UserError: `prefix` is no toolchain, or has a link that leads out of it or nowhere.
    """
    if not (prefix / MANIFEST).is_file():
        raise UserError(f"{prefix} is no toolchain", hint="make one: mlgo toolchain build")
    paths = sorted(prefix.rglob("*"), key=lambda path: path.relative_to(prefix).parts)
    for path in paths:
        _check_link(path, prefix)
    top = name or output.name.removesuffix(".tar.xz")
    partial = output.with_name(f".{output.name}.partial")
    try:
        with partial.open("wb") as file:
            _write(file, prefix, paths, top)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)


def _write(file: BinaryIO, prefix: Path, paths: list[Path], top: str) -> None:
    with (
        lzma.open(file, "wb", preset=_XZ_PRESET, check=lzma.CHECK_CRC64) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        archive.addfile(_entry(prefix, top))
        for path in paths:
            entry = _entry(path, f"{top}/{path.relative_to(prefix)}")
            if entry.isreg():
                with path.open("rb") as content:
                    archive.addfile(entry, content)
            else:
                archive.addfile(entry)


def _entry(path: Path, name: str) -> tarfile.TarInfo:
    """The entry of a path, without what differs between two machines: times, owners, umask."""
    entry = tarfile.TarInfo(name)
    if path.is_symlink():
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, str(path.readlink()), 0o777
    elif path.is_dir():
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    elif path.is_file():
        entry.size = path.stat().st_size
        entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
    else:
        raise UserError(f"{path} is neither a file nor a folder nor a link")
    return entry


def _check_link(path: Path, prefix: Path) -> None:
    if not path.is_symlink():
        return
    target = path.resolve()
    if path.readlink().is_absolute() or not target.is_relative_to(prefix.resolve()):
        raise UserError(f"{path} leads out of the toolchain", hint="only links inside can be moved")
    if not target.exists():
        raise UserError(f"{path} leads nowhere")
