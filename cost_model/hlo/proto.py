"""Reads an HloModuleProto (XLA's hlo.proto), also inside of an HloProto, without TensorFlow.

Field numbers are those of XLA's `service/hlo.proto` and `xla_data.proto`.
"""

from __future__ import annotations

from typing import Any

from cost_model.hlo.module import (
    Computation,
    ConvolutionDimensions,
    DotDimensions,
    Instruction,
    Module,
    Shape,
    WindowDimension,
)
from cost_model.xla.wire import Message
from mlgo.errors import UserError

# PrimitiveType's numbers.
_TYPES = {
    0: "invalid", 1: "pred", 2: "s8", 3: "s16", 4: "s32", 5: "s64", 6: "u8", 7: "u16", 8: "u32",
    9: "u64", 10: "f16", 11: "f32", 12: "f64", 13: "tuple", 14: "opaque", 15: "c64", 16: "bf16",
    17: "token", 18: "c128",
}  # fmt: skip
_HINT = "it should be an HloModuleProto or HloProto, as XLA dumps with --xla_dump_hlo_as_proto"


def parse(content: bytes) -> Module:
    """Reads a module.

    Raises:
        UserError: the content is malformed, truncated, or something else.
    """
    try:
        message = Message(content)
        inner = message.messages(1) if not message.messages(3) else []
        return to_module(inner[0] if inner else message)
    except (ValueError, KeyError, IndexError) as error:
        raise UserError(f"no HLO module: {error}", _HINT) from error


def to_module(message: Message) -> Module:
    """Returns the module that an HloModuleProto holds.

    Raises:
        ValueError, KeyError, IndexError: it is malformed.
    """
    computations = message.messages(3)
    if not computations:
        raise ValueError("it has no computations")
    names = {c.number(5): c.text(1) for c in computations}
    entry = message.text(2) or names[message.number(6)]
    return Module(message.text(1), tuple(_computation(c, names) for c in computations), entry)


def _computation(message: Message, computations: dict[int, str]) -> Computation:
    raw = message.messages(2)
    names = {i.number(35): i.text(1) for i in raw}
    instructions = tuple(_instruction(i, names, computations) for i in raw)
    return Computation(message.text(1), instructions, names[message.number(6)])


def _instruction(m: Message, names: dict[int, str], computations: dict[int, str]) -> Instruction:
    return Instruction(
        name=m.text(1),
        opcode=m.text(2),
        shape=_shape(m.message(3)),
        operands=tuple(names[i] for i in m.numbers(36)),
        called=tuple(computations[i] for i in m.numbers(38)),
        parameter_number=m.number(9),
        dimensions=m.numbers(14),
        window=tuple(_window(d) for d in m.message(15).messages(1)),
        convolution=_convolution(m.message(16)),
        dot=_dot(m.message(30)),
        feature_group_count=m.number(50),
        batch_group_count=m.number(58),
        slices=tuple((s.number(1), s.number(2), s.number(3)) for s in m.messages(17)),
        dynamic_slice_sizes=m.numbers(20),
        padding=tuple((p.number(1), p.number(2)) for p in m.message(21).messages(1)),
        is_stable=bool(m.number(60)),
        backend_config=m.text(43),
    )


def _shape(m: Message) -> Shape:
    kind = _TYPES.get(m.number(2), f"type {m.number(2)}")
    return Shape(kind, m.numbers(3), m.message(5).numbers(1), len(m.messages(4)))


def _window(m: Message) -> WindowDimension:
    return WindowDimension(
        m.number(1), m.number(2), m.number(3), m.number(4), m.number(5), m.number(6),
        bool(m.number(7)),
    )  # fmt: skip


def _convolution(m: Message) -> ConvolutionDimensions:
    values: dict[str, Any] = {
        "input_batch": m.number(7), "input_feature": m.number(8),
        "input_spatial": m.numbers(11), "kernel_input_feature": m.number(3),
        "kernel_output_feature": m.number(4), "kernel_spatial": m.numbers(6),
        "output_batch": m.number(9), "output_feature": m.number(10),
    }  # fmt: skip
    return ConvolutionDimensions(**values)


def _dot(m: Message) -> DotDimensions:
    return DotDimensions(m.numbers(1), m.numbers(2), m.numbers(3), m.numbers(4))
