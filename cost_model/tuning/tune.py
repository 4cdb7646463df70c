"""`cost_model.tune`: a JAX function, compiled with the tile that a cost model chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

from cost_model.tuning import cache
from cost_model.tuning.choice import Choice, choose
from cost_model.tuning.hook import editing
from cost_model.tuning.models import Model, load_model
from cost_model.xla.compiler import Compiler
from cost_model.xla.knob import with_tile


@dataclass(frozen=True)
class Tuned:
    """A compiled function; call it with arguments of the shapes and types it was tuned for.

    Attributes:
        compiled: the executable.
        choice: the tile, and why this one.
    """

    compiled: jax.stages.Compiled
    choice: Choice

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs it."""
        return self.compiled(*args, **kwargs)


def tune(
    fn: Callable[..., Any],
    *args: Any,
    model: Path | None = None,
    measure: int = 0,
    remember: bool = True,
) -> Tuned:
    """Ranks the legal tiles of a function's matrix products and compiles it with the best.

        tuned = cost_model.tune(layer, x, w, measure=4)
        y = tuned(x, w)

    XLA:CPU's tiled GEMM emitter runs on one thread; so does the function then.

    Args:
        fn: a function that JAX can trace, jitted or not.
        args: example arguments: arrays, or jax.ShapeDtypeStruct when nothing is measured.
        model: weights of `cost-model train` or a library of `cost-model export`; the shipped
            weights by default.
        measure: how many of the best tiles are measured on the arguments, against XLA's default
            tile and against what XLA does by itself (`choice.tile` is None when that wins).
        remember: whether to look the choice up in, and add it to, the cache in
            $MLGO_HOME/tiles, keyed by kernel, device and XLA version.

    Raises:
        UserError: this XLA ignores tiles (names the version), or the model is bad.
    """
    compiler = Compiler()

    def own(*values: Any) -> Any:  # a function of its own: JAX has nothing cached for it
        return fn(*values)

    lowered = jax.jit(own, keep_unused=True).lower(*args)
    flat = jax.tree.leaves(args)
    loaded = load_model(model)
    choice = choice_for(compiler, lowered.as_text(), flat, loaded, measure, remember)
    if choice.tile is None:
        return Tuned(lowered.compile(), choice)
    tile = choice.tile
    with editing(lambda _, options: with_tile(options, tile)):
        return Tuned(lowered.compile(), choice)


def choice_for(
    compiler: Compiler,
    stablehlo: str,
    arguments: list[Any],
    model: Model,
    measure: int,
    remember: bool,
) -> Choice:
    """Returns the remembered choice of a module, or makes and remembers one.

    Raises:
        UserError: see `tune`.
    """
    key = cache.key(stablehlo, compiler.version, measure, model.sha256)
    known = cache.load(key) if remember else None
    if known:
        return known
    # What lies in numpy's memory is moved once, not in every run.
    placed = jax.device_put(arguments, compiler.device) if measure else []
    choice = choose(compiler, stablehlo, placed, model.ranker, measure)
    if remember:
        cache.save(key, choice)
    return choice
