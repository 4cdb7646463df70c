"""An HLO module, as far as a cost model looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shape:
    """A shape.

    Attributes:
        type: an element type such as "f32"; "tuple", "opaque" or "token".
        dimensions: sizes, dimension 0 first; bounds where dynamic.
        minor_to_major: the layout: dimension numbers, the densest first.
        tuple_shapes: how many shapes a tuple has.
    """

    type: str
    dimensions: tuple[int, ...] = ()
    minor_to_major: tuple[int, ...] = ()
    tuple_shapes: int = 0


@dataclass(frozen=True)
class WindowDimension:
    """One dimension of a convolution's or reduce-window's window."""

    size: int = 1
    stride: int = 1
    padding_low: int = 0
    padding_high: int = 0
    window_dilation: int = 1
    base_dilation: int = 1
    reversal: bool = False


@dataclass(frozen=True)
class ConvolutionDimensions:
    """Which dimension of a convolution's operands and result is what."""

    input_batch: int = 0
    input_feature: int = 0
    input_spatial: tuple[int, ...] = ()
    kernel_input_feature: int = 0
    kernel_output_feature: int = 0
    kernel_spatial: tuple[int, ...] = ()
    output_batch: int = 0
    output_feature: int = 0


@dataclass(frozen=True)
class DotDimensions:
    """Which dimensions of a dot's operands are summed over, and which are batches."""

    lhs_contracting: tuple[int, ...] = ()
    rhs_contracting: tuple[int, ...] = ()
    lhs_batch: tuple[int, ...] = ()
    rhs_batch: tuple[int, ...] = ()


@dataclass(frozen=True)
class Instruction:
    """An instruction; fields that its opcode does not have keep their defaults.

    Attributes:
        name: unique in the module.
        opcode: such as "dot".
        shape: of the result.
        operands: names of instructions in the same computation.
        called: names of computations: a fusion's, a reduction's, a loop's.
        parameter_number: of a parameter.
        dimensions: of a broadcast, transpose, reduce, concatenate, reverse, sort, iota.
        window: of a convolution or reduce-window.
        convolution: of a convolution.
        dot: of a dot.
        feature_group_count: of a convolution; 0 elsewhere.
        batch_group_count: of a convolution; 0 elsewhere.
        slices: (start, limit, stride) per dimension of a slice.
        dynamic_slice_sizes: of a dynamic-slice.
        padding: (low, high) per dimension of a pad.
        is_stable: of a sort.
        backend_config: what a backend has noted, JSON as a rule.
    """

    name: str
    opcode: str
    shape: Shape
    operands: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    parameter_number: int = 0
    dimensions: tuple[int, ...] = ()
    window: tuple[WindowDimension, ...] = ()
    convolution: ConvolutionDimensions = field(default_factory=ConvolutionDimensions)
    dot: DotDimensions = field(default_factory=DotDimensions)
    feature_group_count: int = 0
    batch_group_count: int = 0
    slices: tuple[tuple[int, int, int], ...] = ()
    dynamic_slice_sizes: tuple[int, ...] = ()
    padding: tuple[tuple[int, int], ...] = ()
    is_stable: bool = False
    backend_config: str = ""


@dataclass(frozen=True)
class Computation:
    """Instructions, operands before their users.

    Attributes:
        name: unique in the module.
        instructions: in the file's order.
        root: the name of the instruction whose value is the result.
    """

    name: str
    instructions: tuple[Instruction, ...]
    root: str


@dataclass(frozen=True)
class Module:
    """A module.

    Attributes:
        name: of the module.
        computations: in the file's order.
        entry: the name of the one that runs.
    """

    name: str
    computations: tuple[Computation, ...]
    entry: str

    def computation(self, name: str) -> Computation:
        """Returns a computation by name.

        Raises:
            KeyError: there is none of that name.
        """
        for computation in self.computations:
            if computation.name == name:
                return computation
        raise KeyError(name)
