"""What memory planning needs of a `.tflite` file: tensors, operators, and who calls whom.

Field numbers follow TensorFlow Lite's schema
(tensorflow/compiler/mlir/lite/schema/schema.fbs).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from telamalloc.errors import FormatError
from telamalloc.formats.flatbuffer import Table, Vector, damaged

IDENTIFIER = b"TFL3"

# schema.fbs, `TensorType`: bytes of one element. A type that is absent (strings, resources,
# variants, packed 4-bit) is left to the runtime.
_ELEMENT_BYTES = {0: 4, 1: 2, 2: 4, 3: 1, 4: 8, 6: 1, 7: 2, 8: 8, 9: 1, 10: 8, 11: 16, 12: 8,
                  15: 4, 16: 2, 18: 2}  # fmt: skip

# schema.fbs, `BuiltinOperator`.
RESHAPE = 22
# Operators that run other subgraphs -> the fields of their options that name them, in the
# order in which TFLM's AllocationInfoBuilder visits them.
_CALLS = {118: (0, 1), 119: (0, 1), 129: (0,)}  # IF, WHILE, CALL_ONCE


@dataclass(frozen=True)
class Tensor:
    """One tensor; `size` is in bytes, 0 if it takes no memory or if the runtime decides."""

    name: str
    size: int
    constant: bool
    variable: bool
    known: bool

    @property
    def planned(self) -> bool:
        """Whether TFLM places it in the arena and its size is known beforehand."""
        return self.known and self.size > 0 and not self.constant and not self.variable


@dataclass(frozen=True)
class Operator:
    """One operator; tensors and called subgraphs by index, -1 for an omitted input."""

    code: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    calls: tuple[int, ...]


@dataclass(frozen=True)
class Subgraph:
    """One subgraph, its operators in the order of execution."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Model:
    """A `.tflite` model: the file's bytes, its root table and its subgraphs."""

    data: bytes
    root: Table
    subgraphs: tuple[Subgraph, ...]

    @property
    def tensors(self) -> list[Tensor]:
        """All tensors of all subgraphs, in the order of the offline plan's offsets."""
        return [tensor for subgraph in self.subgraphs for tensor in subgraph.tensors]


def read_model(path: Path) -> Model:
    """Reads a `.tflite` file.

    Raises:
        FormatError: it is not one, or it is damaged.
        OSError: it cannot be read.
    """
    return parse_model(path.read_bytes())


def parse_model(data: bytes) -> Model:
    """Parses the bytes of a `.tflite` file.

    Raises:
        FormatError: they are not one, or they are damaged.
    """
    if data[4:8] != IDENTIFIER:
        raise FormatError(
            "not a TensorFlow Lite model: the identifier TFL3 is missing",
            "pass a .tflite file, as tf.lite.TFLiteConverter writes it",
        )
    root = Table.root(data)
    constant = _constant_buffers(root)
    codes = [_builtin_code(code) for code in root.vector(1).tables()]
    subgraphs = tuple(_subgraph(table, constant, codes) for table in root.vector(2).tables())
    if not subgraphs:
        raise damaged("the model has no subgraph")
    _check_calls(subgraphs)
    return Model(data, root, subgraphs)


def _constant_buffers(root: Table) -> list[bool]:
    """For each of the model's buffers, whether it holds data."""
    flags = []
    for buffer in root.vector(4).tables():
        if buffer.scalar(1, "Q") > 1:
            raise FormatError(
                "the model keeps weights outside of the flatbuffer",
                "TensorFlow Lite Micro cannot run such a model; convert one below 2 GiB",
            )
        content = buffer.vector(0)
        content.scalars("u1")  # raises if the weights are cut off
        flags.append(content.length > 0)
    return flags


def _builtin_code(code: Table) -> int:
    """The operator's code; older files have only the 8-bit field."""
    return max(code.scalar(0, "b"), code.scalar(3, "i"))


def _subgraph(table: Table, constant: list[bool], codes: list[int]) -> Subgraph:
    tensors = tuple(_tensor(tensor, constant) for tensor in table.vector(0).tables())
    count = len(tensors)
    return Subgraph(
        tensors,
        tuple(_operator(operator, codes, count) for operator in table.vector(3).tables()),
        _indices(table.vector(1), count),
        _indices(table.vector(2), count),
    )


def _tensor(table: Table, constant: list[bool]) -> Tensor:
    shape = table.vector(0).scalars("i4").astype(object)
    element = _ELEMENT_BYTES.get(table.scalar(1, "b"), 0)
    buffer = table.scalar(2, "I")
    name = table.text(3)
    if buffer >= len(constant):
        raise damaged(f"tensor {name!r} refers to buffer {buffer} of {len(constant)}")
    if any(extent < 0 for extent in shape):
        raise damaged(f"tensor {name!r} has a negative extent")
    size = int(np.prod(shape, initial=1)) * element
    return Tensor(name, size, constant[buffer], bool(table.scalar(5, "B")), element > 0)


def _operator(table: Table, codes: list[int], count: int) -> Operator:
    index = table.scalar(0, "I")
    if index >= len(codes):
        raise damaged(f"an operator refers to code {index} of {len(codes)}")
    calls: tuple[int, ...] = ()
    if codes[index] in _CALLS:
        options = table.table(4)
        if options is None:
            raise damaged("a control-flow operator names no subgraph")
        calls = tuple(options.scalar(field, "i") for field in _CALLS[codes[index]])
    return Operator(
        codes[index], _indices(table.vector(1), count), _indices(table.vector(2), count), calls
    )


def _indices(vector: Vector, count: int) -> tuple[int, ...]:
    """A vector of tensor indices, each from -1 (omitted) to count - 1."""
    indices = tuple(int(index) for index in vector.scalars("i4"))
    for index in indices:
        if not -1 <= index < count:
            raise damaged(f"a reference to tensor {index} of {count}")
    return indices


def _check_calls(subgraphs: tuple[Subgraph, ...]) -> None:
    """Raises FormatError unless the calls form a forest, as TFLM's own planner needs."""
    caller: dict[int, int] = {}
    for index, subgraph in enumerate(subgraphs):
        for called in (called for operator in subgraph.operators for called in operator.calls):
            if not 0 <= called < len(subgraphs):
                raise damaged(f"a call of subgraph {called} of {len(subgraphs)}")
            if called == 0 or called in caller:
                raise FormatError(
                    f"subgraph {called} has several callers, or calls itself",
                    "TensorFlow Lite Micro plans each subgraph for one caller only",
                )
            caller[called] = index
    for index in caller:
        above, steps = index, 0
        while above in caller:
            above, steps = caller[above], steps + 1
            if steps > len(caller):
                raise damaged(f"subgraph {index} calls itself")
