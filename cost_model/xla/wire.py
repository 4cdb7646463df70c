"""Protocol Buffers' wire format: enough to read XLA's messages and to edit one's fields."""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTH = {FIXED64: 8, FIXED32: 4}


def fields(message: bytes) -> Iterator[tuple[int, int | bytes, bytes]]:
    """Yields (field number, value, the field as it stands) in order.

    Raises:
        ValueError: the message is malformed or truncated.
    """
    at = 0
    while at < len(message):
        start = at
        tag, at = _read_varint(message, at)
        value: int | bytes
        if tag & 7 == VARINT:
            value, at = _read_varint(message, at)
        else:
            if tag & 7 == BYTES:
                length, at = _read_varint(message, at)
            elif tag & 7 in _WIDTH:
                length = _WIDTH[tag & 7]
            else:
                raise ValueError(f"wire type {tag & 7} at byte {start}")
            value, at = message[at : at + length], at + length
            if at > len(message):
                raise ValueError("the message is truncated")
        yield tag >> 3, value, message[start:at]


class Message:
    """A message's fields by number; what is absent reads as 0, "", () or an empty message."""

    def __init__(self, content: bytes) -> None:
        """Reads the fields.

        Raises:
            ValueError: the content is malformed or truncated.
        """
        self._fields: dict[int, list[int | bytes]] = {}
        for number, value, _ in fields(content):
            self._fields.setdefault(number, []).append(value)

    def number(self, field: int) -> int:
        """Returns a signed number (int64), 0 when absent."""
        value = self._fields.get(field, [0])[-1]
        if not isinstance(value, int):
            raise ValueError(f"field {field} is no number")
        return _signed(value)

    def numbers(self, field: int) -> tuple[int, ...]:
        """Returns a repeated number, packed or not."""
        found: list[int] = []
        for value in self._fields.get(field, []):
            if isinstance(value, int):
                found.append(_signed(value))
                continue
            at = 0
            while at < len(value):
                number, at = _read_varint(value, at)
                found.append(_signed(number))
        return tuple(found)

    def text(self, field: int) -> str:
        """Returns a string, "" when absent."""
        value = self._fields.get(field, [b""])[-1]
        if not isinstance(value, bytes):
            raise ValueError(f"field {field} is no text")
        return value.decode()

    def message(self, field: int) -> Message:
        """Returns a submessage, an empty one when absent."""
        return Message(b"".join(self._bytes(field)))

    def messages(self, field: int) -> list[Message]:
        """Returns a repeated submessage."""
        return [Message(value) for value in self._bytes(field)]

    def _bytes(self, field: int) -> list[bytes]:
        values = self._fields.get(field, [])
        if not all(isinstance(value, bytes) for value in values):
            raise ValueError(f"field {field} is no message")
        return [value for value in values if isinstance(value, bytes)]


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def delimited(content: bytes) -> tuple[bytes, bytes]:
    """Splits off a message that is preceded by its length.

    Raises:
        ValueError: the content is truncated.
    """
    length, at = _read_varint(content, 0)
    return content[at : at + length], content[at + length :]


def varint_field(number: int, value: int) -> bytes:
    """Returns a field that holds a number."""
    return _varint(number << 3 | VARINT) + _varint(value)


def bytes_field(number: int, value: bytes) -> bytes:
    """Returns a field that holds bytes, a string or a message."""
    return _varint(number << 3 | BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("the message is truncated")
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
