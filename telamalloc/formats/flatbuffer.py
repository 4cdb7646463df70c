"""A read-only view of a flatbuffer in which every access is checked against the file's end.

The `flatbuffers` package trusts its input: a truncated file gives garbage or a traceback.
Here it gives a `FormatError`. Layout: https://flatbuffers.dev/internals/
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telamalloc.errors import FormatError

_HINT = "the file is damaged or cut off: copy or convert it again"


def damaged(what: str) -> FormatError:
    """The error for a file that contradicts itself."""
    return FormatError(f"not a valid flatbuffer: {what}", _HINT)


def read(data: bytes, form: str, at: int) -> int:
    """One little-endian scalar at byte `at`.

    Args:
        data: the whole file.
        form: `struct` code of the scalar, without byte order.
        at: position in bytes.

    Raises:
        FormatError: the scalar does not lie inside the file.
    """
    if at < 0 or at + struct.calcsize(form) > len(data):
        raise damaged(f"it refers to byte {at} of {len(data)}")
    value: int = struct.unpack_from("<" + form, data, at)[0]
    return value


@dataclass(frozen=True)
class Vector:
    """A vector of scalars or of tables; `at` is its first element's byte, `length` its elements."""

    data: bytes
    at: int
    length: int

    def scalars(self, dtype: str) -> NDArray[np.generic]:
        """The elements as a numpy array of `dtype`, shape [length], without a copy."""
        item = np.dtype(dtype).newbyteorder("<")
        if self.at + self.length * item.itemsize > len(self.data):
            raise damaged(f"a vector of {self.length} elements passes the end of the file")
        return np.frombuffer(self.data, item, self.length, self.at)

    def position(self, index: int) -> int:
        """The byte at which the table that element `index` points to begins."""
        if not 0 <= index < self.length:
            raise damaged(f"element {index} of a vector of {self.length}")
        slot = self.at + 4 * index
        return slot + read(self.data, "I", slot)

    def table(self, index: int) -> Table:
        """Element `index` of a vector of tables."""
        return Table.at_byte(self.data, self.position(index))

    def tables(self) -> Iterator[Table]:
        """All elements of a vector of tables."""
        if self.at + 4 * self.length > len(self.data):
            raise damaged(f"a vector of {self.length} tables passes the end of the file")
        return (self.table(index) for index in range(self.length))


@dataclass(frozen=True)
class Table:
    """A table; fields go by their number in the schema, and an absent field has its default."""

    data: bytes
    at: int
    vtable: int
    fields: int

    @classmethod
    def root(cls, data: bytes) -> Table:
        """The file's root table."""
        return cls.at_byte(data, read(data, "I", 0))

    @classmethod
    def at_byte(cls, data: bytes, at: int) -> Table:
        """The table that begins at byte `at`."""
        vtable = at - read(data, "i", at)
        size = read(data, "H", vtable)
        if size < 4 or size % 2:
            raise damaged(f"a table at byte {at} has no valid list of fields")
        return cls(data, at, vtable, (size - 4) // 2)

    def position(self, field: int) -> int | None:
        """The byte of a field's value, or None if the field is absent."""
        if field >= self.fields:
            return None
        offset = read(self.data, "H", self.vtable + 4 + 2 * field)
        return self.at + offset if offset else None

    def target(self, field: int) -> int | None:
        """The byte that an offset field points to, or None if the field is absent."""
        at = self.position(field)
        return None if at is None else at + read(self.data, "I", at)

    def scalar(self, field: int, form: str, default: int = 0) -> int:
        """A scalar field; `form` is its `struct` code."""
        at = self.position(field)
        return default if at is None else read(self.data, form, at)

    def table(self, field: int) -> Table | None:
        """A field that is a table."""
        at = self.target(field)
        return None if at is None else Table.at_byte(self.data, at)

    def vector(self, field: int) -> Vector:
        """A field that is a vector; an absent one is empty."""
        at = self.target(field)
        if at is None:
            return Vector(self.data, 0, 0)
        return Vector(self.data, at + 4, read(self.data, "I", at))

    def text(self, field: int) -> str:
        """A field that is a string; an absent one is empty."""
        return self.vector(field).scalars("u1").tobytes().decode("utf-8", errors="replace")
