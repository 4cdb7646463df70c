"""Matrix products of real models, at the batch and sequence sizes of one core's work.

A convolution is the product that im2col makes of it: rows are output positions, the depth is
kernel height x width x input channels, columns are output channels.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace

from cost_model.measure.model_sizes import (
    CONVOLUTIONS,
    PERCEPTRONS,
    RECURRENT,
    TRANSFORMERS,
    Transformer,
)
from cost_model.measure.spec import KernelSpec

# Smaller products are over before the clock is read, larger ones take too long for a slow tile.
_FEWEST, _MOST = 500_000, 20_000_000


def kernels(count: int | None = None, seed: int = 0) -> list[KernelSpec]:
    """Returns the list to measure, mixed, so that any beginning of it spans all families.

    Args:
        count: how many of them; all by default.
        seed: of the mixing.
    """
    every = [*_transformers(), *_perceptrons(), *_convolutions(), *_recurrent()]
    seen: dict[KernelSpec, KernelSpec] = {}
    for spec in every:
        if _FEWEST <= spec.multiply_adds <= _MOST:
            seen.setdefault(replace(spec, name="", model=""), spec)
    unique = list(seen.values())
    random.Random(seed).shuffle(unique)
    return unique[:count]


def _transformers() -> Iterator[KernelSpec]:
    for t in TRANSFORMERS:
        for tokens in t.tokens:
            yield from _transformer(t, tokens)


def _transformer(t: Transformer, tokens: int) -> Iterator[KernelSpec]:
    head = t.hidden // t.heads
    at = f"{t.model}-s{tokens}"

    def spec(layer: str, k: int, n: int, **more: object) -> KernelSpec:
        return KernelSpec(f"{at}-{layer}", t.family, t.model, tokens, k, n, **more)  # type: ignore[arg-type]

    qkv = t.hidden + 2 * head * (t.kv_heads or t.heads)
    yield spec("qkv", t.hidden, qkv, bias=t.bias)
    yield spec("proj", t.hidden, t.hidden, bias=t.bias, residual=True)
    yield spec("up", t.hidden, t.inner, bias=t.bias, activation=t.activation)
    yield spec("down", t.inner, t.hidden, bias=t.bias, residual=True)
    yield spec("scores", head, tokens, batch=t.heads, rhs_transposed=True, activation="scale")
    yield spec("context", tokens, head, batch=t.heads)
    yield spec("proj-bf16", t.hidden, t.hidden, bias=t.bias, dtype="bfloat16")
    # Training: the gradient flows back through the transposed weights.
    yield spec("proj-dx", t.hidden, t.hidden, rhs_transposed=True)


def _perceptrons() -> Iterator[KernelSpec]:
    for family, model, batches, widths, activation in PERCEPTRONS:
        for batch in batches:
            for layer, (k, n) in enumerate(itertools.pairwise(widths)):
                at = f"{model}-b{batch}-{layer}"
                base = KernelSpec(at, family, model, batch, k, n, bias=True, activation=activation)
                yield base
                yield from _training(base)


def _training(base: KernelSpec) -> Iterator[KernelSpec]:
    """The gradients of a layer, for its input and for its weights."""
    m, k, n = base.m, base.k, base.n
    plain = replace(base, bias=False, activation="none")
    yield replace(plain, name=f"{base.name}-dx", k=n, n=k, rhs_transposed=True)
    yield replace(plain, name=f"{base.name}-dw", m=k, k=m, n=n, lhs_transposed=True)
    if base.family in ("mlp", "nerf", "dlrm"):
        dtype = "float64" if base.family == "mlp" else "float16"
        yield replace(base, name=f"{base.name}-{dtype}", dtype=dtype)


def _convolutions() -> Iterator[KernelSpec]:
    for index, (family, model, rows, area, depth, columns, activation) in enumerate(CONVOLUTIONS):
        name = f"{model}-conv{index}"
        base = KernelSpec(
            name, family, model, rows, area * depth, columns, bias=True, activation=activation
        )
        yield base
        # The convolution of a normalized, rectified input, as pre-activation networks have it.
        yield replace(base, name=f"{name}-pre", prologue="relu", bias=False, activation="none")


def _recurrent() -> Iterator[KernelSpec]:
    for family, model, gates, inputs, hidden, batches in RECURRENT:
        for batch in batches:
            at = f"{model}-b{batch}"
            base = KernelSpec(at, family, model, batch, inputs + hidden, gates * hidden, bias=True)
            yield replace(base, name=f"{at}-gates", activation="sigmoid")
            recurrent = replace(base, k=hidden, bias=False, residual=True)
            yield replace(recurrent, name=f"{at}-recurrent")
            yield replace(base, name=f"{at}-bf16", dtype="bfloat16", activation="tanh")
