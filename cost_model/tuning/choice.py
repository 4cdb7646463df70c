"""Which tile one module gets: ranked by a model, perhaps measured, and checked."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from cost_model.hlo.dots import dots
from cost_model.measure import realtime
from cost_model.measure.rounds import interleaved
from cost_model.tile import DEFAULT, Tile
from cost_model.tuning.ranking import Ranker, ranked
from cost_model.xla.compiler import Compiler, machine_code, optimized

STOCK = "stock"
_ROUNDS, _BUDGET_NS = 20, 500_000_000
# A sum in another order is as good as the stock one: relative to the largest result.
_TOLERANCE = {1: 0.3, 2: 3e-2, 4: 1e-3, 8: 1e-9}


@dataclass(frozen=True)
class Choice:
    """What a module's products run with.

    Attributes:
        tile: None leaves the module to XLA.
        source: "ranked", "measured", "no product" or "cached".
        products: (batch, m, k, n) of the module's products that take tiles.
        times_ns: measured time by tile, as XLA writes it, and of "stock"; {} if not measured.
    """

    tile: Tile | None
    source: str
    products: tuple[tuple[int, int, int, int], ...] = ()
    times_ns: dict[str, int] = field(default_factory=dict)


def choose(
    compiler: Compiler, stablehlo: str, arguments: Sequence[Any], ranker: Ranker, measure: int
) -> Choice:
    """Chooses the tile of a module.

    Args:
        compiler: XLA:CPU.
        stablehlo: the module.
        arguments: its arguments, for measuring.
        ranker: the cost model.
        measure: how many of the best-ranked tiles to measure, beside XLA's default tile and
            what XLA does by itself; the fastest wins. 0 trusts the ranking.

    Raises:
        UserError: this XLA ignores tiles, or the module has an unknown opcode.
        jax.errors.JaxRuntimeError: XLA refuses the module.
    """
    compiler.require_tiles()
    found = dots(optimized(compiler.tiled(stablehlo, DEFAULT)))
    if not found:
        return Choice(None, "no product")
    products = tuple((dot.batch, dot.m, dot.k, dot.n) for dot in found)
    order = ranked(found, ranker)
    if not measure:
        return Choice(order[0], "ranked", products)
    times = _measured(compiler, stablehlo, arguments, order[:measure])
    best = min(times, key=lambda name: times[name])
    return Choice(None if best == STOCK else Tile.parse(best), "measured", products, times)


def _measured(
    compiler: Compiler, stablehlo: str, arguments: Sequence[Any], tiles: Sequence[Tile]
) -> dict[str, int]:
    """Times tiles, XLA's default tile and stock XLA against each other; wrong ones are left out."""
    stock = compiler.stock(stablehlo)
    reference = _results(stock, arguments)
    runs = {STOCK: stock}
    codes = set()
    for tile in dict.fromkeys([*tiles, DEFAULT]):
        executable = compiler.tiled(stablehlo, tile)
        code = machine_code(executable)
        if code not in codes and _agree(_results(executable, arguments), reference):
            runs[str(tile)] = executable
        codes.add(code)
    timed = [functools.partial(_run, executable, arguments) for executable in runs.values()]
    rounds = interleaved(timed, _ROUNDS, _BUDGET_NS, realtime.allowed())
    return {name: min(ns) for name, ns in zip(runs, rounds, strict=True)}


def _run(executable: Any, arguments: Sequence[Any]) -> None:
    for result in executable.execute(arguments):
        result.block_until_ready()


def _results(executable: Any, arguments: Sequence[Any]) -> list[Any]:
    return [np.asarray(result) for result in executable.execute(arguments)]


def _agree(results: list[Any], reference: list[Any]) -> bool:
    return all(_close(a, b) for a, b in zip(results, reference, strict=True))


def _close(a: Any, b: Any) -> bool:
    if a.dtype.kind in "biu":
        return bool(np.array_equal(a, b))
    tolerance = _TOLERANCE[jax.numpy.finfo(a.dtype).bits // 8]
    wide = np.complex128 if a.dtype.kind == "c" else np.float64
    a, b = a.astype(wide), b.astype(wide)
    size = max(1.0, float(np.abs(b[np.isfinite(b)]).max(initial=0)))
    return bool(np.allclose(a, b, rtol=0, atol=tolerance * size, equal_nan=True))
