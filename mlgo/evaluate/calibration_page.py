"""The report of a calibration: a figure, the correlations, the weights."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from mlgo.evaluate.calibration import Calibration, Point
from mlgo.report import Cell, Code, Column, Page, Picture, Section, Stat, Table, Text
from mlgo.report.picture import INK, MUTED, draw
from mlgo.workloads.scores import LLVM_WEIGHTS, PARTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def to_json(calibration: Calibration) -> str:
    """Returns a calibration as JSON: same calibration, same bytes."""
    document = {"format": 1, "problem": "regalloc-calibration", **asdict(calibration)}
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n"


def summary(calibration: Calibration) -> str:
    """Returns the figures in a few lines of plain text."""
    c = calibration
    programs = len({point.program for point in c.points})
    lines = [
        f"{len(c.points)} functions under random policies, of {programs} programs",
        f"score against counted cost: Pearson {c.pearson:.3f}, Spearman {c.spearman:.3f}",
        f"relative to the function's score: Pearson {c.relative_pearson:.3f}, "
        f"Spearman {c.relative_spearman:.3f}",
        f"sums over each program: Pearson {c.totals_pearson:.3f}",
        f"with fitted weights: Pearson {c.fitted_pearson:.3f}",
    ]
    lines += [
        f"  {part}: {weight:.2f} (LLVM's score: {llvm:g})"
        for part, weight, llvm in zip(PARTS, c.weights, LLVM_WEIGHTS, strict=True)
    ]
    return "\n".join(lines) + "\n"


def calibration_page(calibration: Calibration) -> Page:
    """Returns the report as a page, to render or to write."""
    c = calibration
    stats = (
        Stat("Pearson", f"{c.pearson:.3f}", "score against counted cost, per function"),
        Stat("Spearman", f"{c.spearman:.3f}", "of ranks"),
        Stat("Relative", f"{c.relative_pearson:.3f}", "Pearson, to each function's own score"),
        Stat("Programs", f"{c.totals_pearson:.3f}", "Pearson, of sums over each program"),
        Stat("Fitted weights", f"{c.fitted_pearson:.3f}", "Pearson, per function"),
    )
    text = Text(
        "Each mark is a function under one random policy: the change of LLVM's score times the "
        "function's entry count, and the change of instructions + 2 x data reads + 2 x data "
        "writes that Cachegrind counts in it, both over its counted cost with the default."
    )
    return Page(
        "Does the allocator's score say what programs pay?",
        f"clang {c.llvm_version}, -O2 with PGO, training inputs",
        stats,
        (
            Section("Functions", (text, _scatter(c.points), _largest(c.points))),
            Section("Weights", (_weights(c),)),
            Section("How to repeat this", (Code(shlex.join(c.command)),)),
        ),
    )


def _scatter(points: Sequence[Point]) -> Picture:
    x = [100 * point.predicted / point.cost for point in points]
    y = [100 * point.counted / point.cost for point in points]

    def paint(axes: Axes) -> None:
        axes.scatter(x, y, 18, color=MUTED, alpha=0.6, linewidths=0)
        axes.axhline(0, color=INK, linewidth=1)
        axes.axvline(0, color=INK, linewidth=1)
        axes.set_xlabel("change of score x entry count, percent of the function's counted cost")
        axes.set_ylabel("change of counted cost, percent")
        axes.grid()

    alt = f"{len(points)} functions"
    return Picture(draw("calibration", 4.6, paint), "Predicted against counted change.", alt)


def _largest(points: Sequence[Point]) -> Table:
    columns = (
        Column("program"),
        Column("function"),
        Column("policy"),
        Column("counted, M", numeric=True),
        Column("predicted, M", numeric=True),
    )
    rows = tuple(
        (
            Cell(point.program),
            Cell(point.function),
            Cell(point.policy),
            Cell(f"{point.counted / 1e6:.3f}", point.counted),
            Cell(f"{point.predicted / 1e6:.3f}", point.predicted),
        )
        for point in sorted(points, key=lambda point: -abs(point.counted))[:60]
    )
    return Table(columns, rows, "The greatest changes", folded=True)


def _weights(calibration: Calibration) -> Table:
    columns = (
        Column("part of the score"),
        Column("LLVM's weight", numeric=True),
        Column("fitted weight", numeric=True, note="least squares, counted cost"),
    )
    rows = tuple(
        (Cell(part), Cell(f"{llvm:g}", llvm), Cell(f"{weight:.2f}", weight))
        for part, llvm, weight in zip(PARTS, LLVM_WEIGHTS, calibration.weights, strict=True)
    )
    return Table(columns, rows)
