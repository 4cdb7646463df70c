"""The matrix products of an optimized module, each with what surrounds it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cost_model.hlo.module import Computation, Instruction, Module

#: Bytes per element as XLA:CPU multiplies; other types do not reach its tiled emitter.
_WIDTHS = {"f32": 4, "f64": 8, "s32": 4}
# Kept as they are when they produce an operand; all others become parameters.
_PRODUCERS = ("fusion", "transpose", "copy", "convert", "broadcast", "bitcast")


@dataclass(frozen=True)
class Dot:
    """A product that the tiled emitter can take.

    Attributes:
        name: of the instruction, without the slashes that a file's name could not have.
        m: rows of the result.
        k: length of the sums.
        n: columns of the result.
        batch: products side by side.
        width: bytes of an element.
        kernel: a module of its own: the dot, what makes its operands, what uses its result.
    """

    name: str
    m: int
    k: int
    n: int
    batch: int
    width: int
    kernel: Module

    @property
    def multiply_adds(self) -> int:
        """Of one run."""
        return self.batch * self.m * self.k * self.n


def dots(module: Module) -> list[Dot]:
    """Returns the products that a tile applies to, in the module's order.

    As in XLA's DotOpEmitter: both operands with the summed dimension where a row-major product
    has it, no vectors, an element type that it multiplies itself.
    """
    found = []
    for computation in module.computations:
        for instruction in computation.instructions:
            if instruction.opcode == "dot" and (dot := _dot(module, computation, instruction)):
                found.append(dot)
    return found


def _dot(module: Module, computation: Computation, dot: Instruction) -> Dot | None:
    by_name = {i.name: i for i in computation.instructions}
    lhs, rhs = (by_name[name].shape.dimensions for name in dot.operands)
    batch = len(dot.dot.lhs_batch)
    canonical = dot.dot.lhs_contracting == (batch + 1,) and dot.dot.rhs_contracting == (batch,)
    if dot.shape.type not in _WIDTHS or not canonical:
        return None
    if len(lhs) != batch + 2 or len(rhs) != batch + 2:
        return None
    m, k, n = lhs[batch], lhs[batch + 1], rhs[batch + 1]
    if min(m, n) < 2 or min(m, k, n) < 1:
        return None
    width = _WIDTHS[dot.shape.type]
    name = dot.name.replace("/", "_")
    return Dot(name, m, k, n, math.prod(lhs[:batch]), width, _kernel(module, computation, dot))


def _kernel(module: Module, computation: Computation, dot: Instruction) -> Module:
    """Cuts out the dot with its neighbours; a module with one dot stays as it is."""
    opcodes = [i.opcode for c in module.computations for i in c.instructions]
    if opcodes.count("dot") == 1:
        return module
    by_name = {i.name: i for i in computation.instructions}
    users = [i for i in computation.instructions if dot.name in i.operands and _alone(i)]
    inside = [by_name[n] for n in dict.fromkeys(dot.operands) if by_name[n].opcode in _PRODUCERS]
    inside += [dot, *users[:1]]
    names = {i.name for i in inside}
    outside = dict.fromkeys(o for i in inside for o in i.operands if o not in names)
    parameters = [_parameter(by_name[name], index) for index, name in enumerate(outside)]
    kept = [*with_called(module, inside), _entry(dot, [*parameters, *inside])]
    return Module(f"{module.name}.{dot.name}", tuple(kept), kept[-1].name)


def _alone(user: Instruction) -> bool:
    return user.opcode not in ("dot", "while", "tuple", "conditional", "call")


def _entry(dot: Instruction, instructions: list[Instruction]) -> Computation:
    return Computation(f"kernel.{dot.name}", tuple(instructions), instructions[-1].name)


def _parameter(source: Instruction, index: int) -> Instruction:
    return Instruction(source.name, "parameter", source.shape, parameter_number=index)


def with_called(module: Module, instructions: list[Instruction]) -> list[Computation]:
    """Returns the computations that instructions call, and those that these call, callees first."""
    found: dict[str, Computation] = {}

    def visit(name: str) -> None:
        if name in found:
            return
        computation = module.computation(name)
        for instruction in computation.instructions:
            for inner in instruction.called:
                visit(inner)
        found[name] = computation

    for instruction in instructions:
        for name in instruction.called:
            visit(name)
    return list(found.values())
