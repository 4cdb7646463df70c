"""The collection's own log: one JSON object a kernel, raw, so that features can be made anew."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mlgo.errors import UserError


class Log:
    """An append-only file of measured kernels; a torn last line is dropped on opening."""

    def __init__(self, path: Path) -> None:
        """Opens it, or begins it.

        Raises:
            UserError: a line is damaged.
            OSError: the file is not writable.
        """
        self._path = path
        if path.exists():
            _drop_torn_line(path)
        self.names = {record["spec"]["name"] for record in read(path)} if path.exists() else set()
        self._file = path.open("a")

    def append(self, record: dict[str, Any]) -> None:
        """Adds a kernel; it is on disk when this returns.

        Raises:
            OSError: the disk is full.
        """
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()
        self.names.add(record["spec"]["name"])

    def forget(self, names: Iterable[str]) -> None:
        """Lets kernels be measured again; what is known of them stays in the file."""
        self.names -= set(names)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the measured kernels of a log, plain or compressed by xz.

    Raises:
        UserError: it cannot be read, or a line is damaged.
    """
    try:
        with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as file:
            for number, line in enumerate(file, 1):
                yield _record(line, f"{path}:{number}")
    except (OSError, UnicodeDecodeError, EOFError, lzma.LZMAError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error


def _record(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
        if isinstance(record, dict) and {"spec", "hlo", "candidates"} <= record.keys():
            return record
    except ValueError:
        pass
    raise UserError(f"{where}: no measured kernel", "remove the line to go on without it")


def _drop_torn_line(path: Path) -> None:
    """Cuts what a killed run or a full disk left half-written."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
