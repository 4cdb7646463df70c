"""Files of weights: one line of JSON with the format, then float32 little-endian arrays.

The plugin reads them too (`WeightsFile` in mlgo/plugin/Perceptron.h).
"""

from __future__ import annotations

import abc
import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlgo.atomic import write_bytes
from mlgo.errors import UserError

Floats = NDArray[np.float32]


class Stored(abc.ABC):
    """Weights that have a file."""

    @abc.abstractmethod
    def to_bytes(self) -> bytes:
        """Returns the file's content."""

    def save(self, path: Path) -> None:
        """Writes the file, atomically."""
        write_bytes(path, self.to_bytes())

    @property
    def sha256(self) -> str:
        """Identifies the weights; model cards and what is compiled from them carry it."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def encode(header: dict[str, Any], arrays: Iterable[ArrayLike]) -> bytes:
    """Returns a file's content.

    Args:
        header: has "format".
        arrays: of any shape, written row-major.
    """
    body = b"".join(np.ascontiguousarray(a, "<f4").tobytes() for a in arrays)
    return json.dumps(header).encode() + b"\n" + body


def format_of(path: Path) -> str:
    """Returns the format of a file of weights, as its header says; "" if there is none."""
    with path.open("rb") as file:
        header = file.readline(1 << 20)
    try:
        return str(json.loads(header)["format"])
    except (ValueError, KeyError, TypeError):
        return ""


class WeightsFile:
    """A file's header, and its arrays one after the other.

    Args:
        header: the first line.
        body: what follows.

    Raises:
        ValueError: a number is not finite.
    """

    def __init__(self, header: dict[str, Any], body: bytes) -> None:
        self.header = header
        self._numbers = np.frombuffer(body, "<f4").astype(np.float32)
        self._position = 0
        if not np.isfinite(self._numbers).all():
            raise ValueError("a weight is not a finite number")

    def take(self, *shape: int) -> Floats:
        """Returns the next array.

        Raises:
            ValueError: the file ends before.
        """
        begin, self._position = self._position, self._position + int(np.prod(shape))
        return self._numbers[begin : self._position].reshape(shape)

    def finish(self) -> None:
        """Checks that nothing is left.

        Raises:
            ValueError: there is.
        """
        if self._position != len(self._numbers):
            raise ValueError("its size does not fit its header")


@contextlib.contextmanager
def reading(
    path: Path, format_: str, kind: str, command: str, hint: str = ""
) -> Iterator[WeightsFile]:
    """Opens a file of weights; says what is wrong if its content does not fit what the block takes.

    Args:
        path: the file.
        format_: that it must have.
        kind: what it should hold, for the message.
        command: that makes such a file.
        hint: what else to do about a malformed one.

    Raises:
        UserError: the file is missing or malformed.
    """
    try:
        line, _, body = path.read_bytes().partition(b"\n")
        header = json.loads(line)
        if header["format"] != format_:
            raise ValueError(f"the format is {header['format']!r}, not {format_!r}")
        file = WeightsFile(header, body)
        yield file
        file.finish()
    except FileNotFoundError as error:
        raise UserError(f"no model at {path}", hint=f"train one: {command}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no model of {kind}: {error}", hint) from error
