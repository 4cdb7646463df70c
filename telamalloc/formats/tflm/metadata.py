"""The plan inside a `.tflite` file: metadata `OfflineMemoryAllocation`, read and written.

Its buffer holds int32: version, subgraph (unused), n, then one offset in bytes for each of the
n tensors of all subgraphs; -1 leaves a tensor to the runtime. See
tensorflow/lite/micro/docs/memory_management.md.

A new plan is written without re-serialising the model: a flatbuffer's offsets are relative and
point forward, so a new root table put in front of the old bytes can refer to all of them. All
that the file held before, known to us or not, stays as it was, bit for bit.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from telamalloc.errors import FormatError
from telamalloc.formats.flatbuffer import Table
from telamalloc.formats.tflm.model import IDENTIFIER, Model

NAME = "OfflineMemoryAllocation"
RUNTIME = -1  # the offset of a tensor that the runtime places itself
_VERSION = 1

# schema.fbs, `Model`: field 0 is a number, the others that we know are offsets.
_VERSION_FIELD, _BUFFERS_FIELD, _METADATA_FIELD, _KNOWN_FIELDS = 0, 4, 6, 10


def read_offsets(model: Model) -> NDArray[np.int64] | None:
    """The offsets that the model carries, int64 [tensors], or None if it has no plan.

    Raises:
        FormatError: the plan is damaged or for another number of tensors.
    """
    at = _plan_position(model)
    if at is None:
        return None
    start, length = at
    words = np.frombuffer(model.data, "<i4", length // 4, start)
    if length < 12 or words[2] != len(model.tensors) or length < 12 + 4 * int(words[2]):
        raise FormatError(
            f"the model's {NAME} is not for its {len(model.tensors)} tensors",
            "plan the model again with `telamalloc plan`",
        )
    return words[3 : 3 + int(words[2])].astype(np.int64)


def with_offsets(model: Model, offsets: NDArray[np.int64]) -> bytes:
    """The model's bytes with a plan; one of the same length that is there already is replaced.

    Args:
        model: the model, unchanged.
        offsets: bytes from the arena's start, or RUNTIME, int [tensors].

    Raises:
        FormatError: the model cannot hold the plan.
    """
    count = len(model.tensors)
    if offsets.shape != (count,) or offsets.min(initial=0) < RUNTIME:
        raise FormatError(f"a plan needs one offset of at least -1 for each of {count} tensors")
    if offsets.max(initial=0) >= 2**31:
        raise FormatError("an offset passes 2^31 bytes, the most that the metadata can hold")
    plan = struct.pack("<3i", _VERSION, 0, count) + offsets.astype("<i4").tobytes()
    at = _plan_position(model)
    if at is not None and at[1] == len(plan):
        return model.data[: at[0]] + plan + model.data[at[0] + at[1] :]
    return _prepend(model, plan)


def _plan_position(model: Model) -> tuple[int, int] | None:
    """The plan's first byte and its length, or None."""
    buffers = model.root.vector(_BUFFERS_FIELD)
    for metadata in model.root.vector(_METADATA_FIELD).tables():
        if metadata.text(0) == NAME:
            content = buffers.table(metadata.scalar(1, "I")).vector(0)
            content.scalars("u1")
            return content.at, content.length
    return None


@dataclass
class _Front:
    """Bytes to put before the model; `links` are offsets to fill in, by position and target.

    A target is a position in the front, or, if `behind`, in the old file.
    """

    content: bytearray = field(default_factory=bytearray)
    links: list[tuple[int, int, bool]] = field(default_factory=list)

    def add(self, piece: bytes, align: int = 4) -> int:
        """Appends a piece at a multiple of `align`; returns its position."""
        self.content += bytes(-len(self.content) % align)
        self.content += piece
        return len(self.content) - len(piece)

    def link(self, at: int, target: int, behind: bool = False) -> None:
        self.links.append((at, target, behind))

    def longer_vector(self, slot: int, old: list[int]) -> int:
        """A vector of tables for the offset at `slot`: the old file's, at `old`, and one more.

        Returns:
            The position of the last element, to be linked to a table that follows.
        """
        at = self.add(struct.pack("<I", len(old) + 1) + bytes(4 * len(old) + 4))
        self.link(slot, at)
        for index, target in enumerate(old):
            self.link(at + 4 + 4 * index, target, behind=True)
        return at + 4 + 4 * len(old)

    def finish(self, data: bytes) -> bytes:
        """The front, its offsets filled in, and the old file behind it."""
        self.content += bytes(-len(self.content) % 16)  # TFLite aligns weights to 16 bytes
        for at, target, behind in self.links:
            distance = target + (len(self.content) if behind else 0) - at
            struct.pack_into("<I", self.content, at, distance)
        return bytes(self.content) + data


def _prepend(model: Model, plan: bytes) -> bytes:
    """A new root, buffer list and metadata list in front of the model's bytes."""
    root = model.root
    if root.fields > _KNOWN_FIELDS:
        raise FormatError(
            "the model uses a newer TensorFlow Lite schema than this program knows",
            "report it with the version of the converter that wrote the model",
        )
    buffers, metadata = root.vector(_BUFFERS_FIELD), root.vector(_METADATA_FIELD)
    kept = [i for i in range(metadata.length) if metadata.table(i).text(0) != NAME]

    front = _Front()
    front.add(bytes(4) + IDENTIFIER)
    slots = _root_table(front, root)
    front.link(0, slots[_VERSION_FIELD] - 4)
    old_buffers = [buffers.position(i) for i in range(buffers.length)]
    new_buffer = front.longer_vector(slots[_BUFFERS_FIELD], old_buffers)
    old_metadata = [metadata.position(i) for i in kept]
    new_metadata = front.longer_vector(slots[_METADATA_FIELD], old_metadata)
    front.link(new_metadata, _metadata_table(front, buffers.length))
    front.link(new_buffer, _buffer_table(front, plan))
    return front.finish(model.data)


def _root_table(front: _Front, root: Table) -> dict[int, int]:
    """Copies the root with room for all known fields; returns each field's position."""
    present = [0, *(f for f in range(1, _KNOWN_FIELDS) if _wanted(root, f))]
    offsets = {number: 4 + 4 * place for place, number in enumerate(present)}
    listed = [offsets.get(number, 0) for number in range(_KNOWN_FIELDS)]
    vtable = struct.pack(
        f"<{2 + _KNOWN_FIELDS}H", 4 + 2 * _KNOWN_FIELDS, 4 + 4 * len(present), *listed
    )
    vtable_at = front.add(vtable)
    at = front.add(bytes(4 + 4 * len(present)))
    struct.pack_into("<i", front.content, at, at - vtable_at)
    struct.pack_into("<I", front.content, at + 4, root.scalar(_VERSION_FIELD, "I"))
    slots = {number: at + offset for number, offset in offsets.items()}
    for number in present[1:]:
        target = root.target(number)
        if target is not None and number not in (_BUFFERS_FIELD, _METADATA_FIELD):
            front.link(slots[number], target, behind=True)
    return slots


def _wanted(root: Table, number: int) -> bool:
    return number in (_BUFFERS_FIELD, _METADATA_FIELD) or root.position(number) is not None


def _metadata_table(front: _Front, buffer: int) -> int:
    """`Metadata { name, buffer }` with the plan's name."""
    vtable_at = front.add(struct.pack("<4H", 8, 12, 4, 8))
    at = front.add(struct.pack("<iII", 0, 0, buffer))
    struct.pack_into("<i", front.content, at, at - vtable_at)
    name = NAME.encode()
    front.link(at + 4, front.add(struct.pack("<I", len(name)) + name + b"\0"))
    return at


def _buffer_table(front: _Front, content: bytes) -> int:
    """`Buffer { data }`, its data at a multiple of 16 bytes as the schema asks."""
    vtable_at = front.add(struct.pack("<3H", 6, 8, 4))
    at = front.add(struct.pack("<iI", 0, 0))
    struct.pack_into("<i", front.content, at, at - vtable_at)
    front.add(bytes(-(len(front.content) + 4) % 16), align=1)
    front.link(at + 4, front.add(struct.pack("<I", len(content)) + content))
    return at
