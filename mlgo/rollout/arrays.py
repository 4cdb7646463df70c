"""Arrays on disk: .npz files without pickle, whole or not there."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgo.atomic import write_bytes
from mlgo.errors import UserError

Arrays = dict[str, NDArray[Any]]


def save_arrays(path: Path, arrays: Arrays) -> None:
    """Writes arrays by name, atomically; the folder is made.

    Raises:
        OSError: the folder is not writable, or the disk is full; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    write_bytes(path, file.getvalue())


@contextlib.contextmanager
def read_arrays(path: Path, complaint: str) -> Iterator[Any]:
    """Yields the arrays of a file by name, each read when it is asked for.

    Args:
        path: the file.
        complaint: what is wrong with a file that is missing or malformed, also by what the
            caller finds in it (ValueError, KeyError): e.g. "is no exploration".

    Raises:
        UserError: the file is missing or malformed.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            yield arrays
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        hint = "delete it; the next run makes it again"
        raise UserError(f"{path} {complaint}: {error}", hint=hint) from error


def from_text(text: str) -> NDArray[np.uint8]:
    """Returns a text as an array, uint8 (bytes,) of UTF-8."""
    return np.frombuffer(text.encode(), np.uint8)
