"""Reads HLO text, as XLA prints and dumps it (`--xla_dump_hlo_as_text`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cost_model.hlo import attributes
from cost_model.hlo.module import Computation, Instruction, Module, Shape
from mlgo.errors import UserError

_HEADER = re.compile(r"HloModule\s+([^\s,]+)")
_COMPUTATION = re.compile(r"(ENTRY\s+)?%?([\w.\-]+)\s*(?:\(.*\)\s*->.*)?\{$")
_INSTRUCTION = re.compile(r"(ROOT\s+)?%?([\w.\-]+)\s*=\s*(.*)$", re.DOTALL)
_SHAPE = re.compile(r"([a-z][a-z0-9]*)\[([^\]]*)\](?:\{([\d,]*)[^}]*\})?$")
_OPERAND = re.compile(r"%?([\w.\-]+)$")
_COMMENT = re.compile(r"/\*.*?\*/")
_OPENING, _CLOSING = "([{", ")]}"
# Their parentheses hold a number or a literal, no operands.
_NO_OPERANDS = ("parameter", "constant", "iota", "partition-id", "replica-id")
_HINT = "it should be HLO text, as XLA dumps it with --xla_dump_hlo_as_text"


def parse(text: str) -> Module:
    """Reads a module.

    Raises:
        UserError: the text is no HLO, or is cut off; says in which line.
    """
    header = _HEADER.search(text)
    if not header:
        raise UserError("no HLO: there is no line that begins with HloModule", _HINT)
    computations: list[Computation] = []
    entry = ""
    for number, is_entry, name, body in _computations(text):
        try:
            computations.append(_computation(name, body))
        except (ValueError, KeyError, IndexError) as error:
            raise UserError(f"no HLO: computation {name}, line {number}: {error}", _HINT) from error
        entry = name if is_entry else entry
    if not entry:
        raise UserError("no HLO: there is no ENTRY computation", _HINT)
    return Module(header[1], tuple(computations), entry)


def _computations(text: str) -> Iterator[tuple[int, bool, str, list[str]]]:
    """Yields (line number, whether it is the entry, name, its instructions)."""
    lines = enumerate(text.splitlines(), 1)
    for number, line in lines:
        found = _COMPUTATION.match(line.strip())
        if not found:
            continue
        body: list[str] = []
        pending = ""
        for _, inner in lines:
            if not pending and inner.strip() == "}":
                break
            pending = f"{pending}\n{inner}" if pending else inner.strip()
            if _balanced(pending):
                body.append(_COMMENT.sub("", pending))
                pending = ""
        else:
            raise UserError(f"no HLO: computation {found[2]} is cut off", _HINT)
        yield number, bool(found[1]), found[2], [line for line in body if line]


def _computation(name: str, body: list[str]) -> Computation:
    instructions, root = [], ""
    for line in body:
        found = _INSTRUCTION.match(line)
        if not found:
            raise ValueError(f"no instruction: {line[:80]!r}")
        instruction = _instruction(found[2], found[3])
        instructions.append(instruction)
        root = instruction.name if found[1] else root
    if not instructions:
        raise ValueError("it has no instructions")
    known = {instruction.name for instruction in instructions}
    for instruction in instructions:
        if unknown := set(instruction.operands) - known:
            raise ValueError(f"{instruction.name} uses {sorted(unknown)[0]}, which is not there")
    return Computation(name, tuple(instructions), root or instructions[-1].name)


def _instruction(name: str, text: str) -> Instruction:
    shape_end = _matching(text, 0) + 1 if text.startswith("(") else text.index(" ")
    rest = text[shape_end:].strip()
    opcode, _, _ = rest.partition("(")
    close = _matching(rest, len(opcode))
    inside = rest[len(opcode) + 1 : close]
    values = dict(_attribute(part) for part in split(rest[close + 1 :]) if "=" in part)
    return Instruction(
        name=name,
        opcode=opcode.strip(),
        shape=shape(text[:shape_end]),
        operands=() if opcode in _NO_OPERANDS else _operands(inside),
        parameter_number=int(inside) if opcode == "parameter" else 0,
        **attributes.of(opcode, values),
    )


def shape(text: str) -> Shape:
    """Reads a shape such as `f32[2,3]{1,0}`.

    Raises:
        ValueError: it is none.
    """
    if text.startswith("("):
        return Shape("tuple", tuple_shapes=len(split(text[1:-1])))
    found = _SHAPE.match(text)
    if not found:
        raise ValueError(f"no shape: {text!r}")
    kind = {"token": "token", "opaque": "opaque"}.get(found[1], found[1])
    sizes = tuple(int(part.strip().lstrip("<=")) for part in found[2].split(",") if part.strip())
    return Shape(kind, sizes, tuple(int(x) for x in (found[3] or "").split(",") if x))


def _operands(text: str) -> tuple[str, ...]:
    names = []
    for part in split(text):
        found = _OPERAND.search(part.strip())
        if not found:
            raise ValueError(f"no operand: {part!r}")
        names.append(found[1])
    return tuple(names)


def _attribute(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key.strip(), value.strip()


def split(text: str) -> list[str]:
    """Splits at the commas that no bracket or quotation mark encloses."""
    parts, depth, start, quoted = [], 0, 0, False
    for at, char in enumerate(text):
        if char == '"' and (at == 0 or text[at - 1] != "\\"):
            quoted = not quoted
        elif quoted:
            continue
        elif char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def _matching(text: str, start: int) -> int:
    """Where the bracket at `start` is closed."""
    depth, quoted = 0, False
    for at in range(start, len(text)):
        char = text[at]
        if char == '"' and text[at - 1] != "\\":
            quoted = not quoted
        elif not quoted and char in _OPENING:
            depth += 1
        elif not quoted and char in _CLOSING:
            depth -= 1
            if depth == 0:
                return at
    raise ValueError(f"a bracket is not closed: {text[start : start + 60]!r}")


def _balanced(text: str) -> bool:
    quotes = text.count('"') - text.count('\\"')
    return quotes % 2 == 0 and sum(map(text.count, _OPENING)) <= sum(map(text.count, _CLOSING))
