"""Files that are whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

from telamalloc.errors import TelamallocError


def check_folder(path: Path) -> None:
    """Checks that a file can have its place.

    Raises:
        TelamallocError: there is no such folder.
    """
    if not path.parent.is_dir():
        raise TelamallocError(
            f"cannot write {path}: there is no folder {path.parent}", f"mkdir -p {path.parent}"
        )


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file under another name in the same folder, then renames it.

    A device or a pipe, e.g. /dev/stdout, is written to, not replaced.

    Raises:
        TelamallocError: there is no such folder.
        OSError: the folder is not writable, or the disk is full; nothing is left behind.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    check_folder(path)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
