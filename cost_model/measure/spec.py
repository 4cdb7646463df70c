"""What is measured: one matrix product of a real model, with what surrounds it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Each works on numpy and on jax.numpy arrays, so that one definition is compiled and checked.
_Elementwise = Callable[[Any, Any], Any]
ACTIVATIONS: dict[str, _Elementwise] = {
    "none": lambda xp, x: x,
    "relu": lambda xp, x: xp.maximum(x, 0),
    "relu6": lambda xp, x: xp.minimum(xp.maximum(x, 0), 6),
    "gelu": lambda xp, x: x * 0.5 * (1 + xp.tanh(0.7978845608 * (x + 0.044715 * x * x * x))),
    "silu": lambda xp, x: x / (1 + xp.exp(-x)),
    "tanh": lambda xp, x: xp.tanh(x),
    "sigmoid": lambda xp, x: 1 / (1 + xp.exp(-x)),
    "square": lambda xp, x: x * x,
    "scale": lambda xp, x: x * 0.125,
}
#: bfloat16's and float16's products run in float32, between conversions.
LANES = {"float32": 8, "float64": 4, "bfloat16": 8, "float16": 8, "int32": 8}
_ROUNDING = {"float32": 2**-23, "float64": 2**-52, "bfloat16": 2**-7, "float16": 2**-10}


@dataclass(frozen=True)
class KernelSpec:
    """act(prologue(lhs) @ rhs + bias) + residual, all but the product optional.

    Attributes:
        name: unique; says model and layer.
        family: of models, for the split.
        model: whose layer it is.
        m: rows of the result.
        k: length of the sums.
        n: columns of the result.
        batch: products side by side; 0 for a plain one.
        dtype: of operands and result.
        lhs_transposed: the left operand arrives as (k, m).
        rhs_transposed: the right operand arrives as (n, k).
        prologue: an activation on the left operand.
        bias: whether a row is added to the result.
        activation: on the result.
        residual: whether a matrix is added at the end.
    """

    name: str
    family: str
    model: str
    m: int
    k: int
    n: int
    batch: int = 0
    dtype: str = "float32"
    lhs_transposed: bool = False
    rhs_transposed: bool = False
    prologue: str = "none"
    bias: bool = False
    activation: str = "none"
    residual: bool = False

    @property
    def multiply_adds(self) -> int:
        """Of one run."""
        return max(1, self.batch) * self.m * self.k * self.n

    def as_json(self) -> dict[str, Any]:
        """Returns what `KernelSpec(**value)` reads."""
        return dataclasses.asdict(self)

    def shapes(self) -> list[tuple[int, ...]]:
        """Of the arguments: left, right, and bias and residual where they are."""
        lhs = (self.k, self.m) if self.lhs_transposed else (self.m, self.k)
        rhs = (self.n, self.k) if self.rhs_transposed else (self.k, self.n)
        lead = (self.batch,) if self.batch else ()
        shapes: list[tuple[int, ...]] = [lead + lhs, lead + rhs]
        if self.bias:
            shapes.append((self.n,))
        if self.residual:
            shapes.append((*lead, self.m, self.n))
        return shapes

    def function(self, xp: Any) -> Callable[..., Any]:
        """Returns the kernel as a function of its arguments, in numpy or jax.numpy."""

        def kernel(lhs: Any, rhs: Any, *rest: Any) -> Any:
            extra = list(rest)
            left = xp.swapaxes(lhs, -1, -2) if self.lhs_transposed else lhs
            right = xp.swapaxes(rhs, -1, -2) if self.rhs_transposed else rhs
            out = xp.matmul(ACTIVATIONS[self.prologue](xp, left), right)
            if self.bias:
                out = out + extra.pop(0)
            out = ACTIVATIONS[self.activation](xp, out)
            return out + extra.pop(0) if self.residual else out

        return kernel

    def arguments(self, seed: int) -> list[NDArray[Any]]:
        """Draws arguments that keep results near 1, so that errors are comparable."""
        rng = np.random.default_rng(seed)
        scales = [1.0, self.k**-0.5, 1.0, 1.0]
        if self.dtype == "int32":
            return [rng.integers(-99, 99, s).astype(np.int32) for s in self.shapes()]
        pairs = zip(self.shapes(), scales, strict=False)
        return [rng.standard_normal(s) * scale for s, scale in pairs]

    def tolerance(self) -> float:
        """How far a result may be from the reference, both near 1."""
        if self.dtype == "int32":
            return 0.0
        # The order of the sums is the compiler's; rounding errors grow as a random walk. Half
        # floats are summed as float32, and rounded once or twice around that.
        if self.dtype.endswith("float16"):
            return 4 * _ROUNDING[self.dtype]
        return 16 * _ROUNDING[self.dtype] * max(1.0, math.sqrt(self.k) / 4)
