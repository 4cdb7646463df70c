"""The charts that reports share: changes per item, changes over size, ratios with intervals.

Every chart says by position, sign, hatching or marker what it says by colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from mlgo.report.numbers import percent, ratio, signed
from mlgo.report.picture import BETTER, INK, MUTED, WORSE, Picture, draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def change_bars(
    name: str, labels: Sequence[str], changes: Sequence[float], caption: str
) -> Picture:
    """Draws one horizontal bar per item: how much it changed against its baseline.

    Args:
        name: of the picture, unique on the page.
        labels: one per item, top to bottom.
        changes: fractions, e.g. -0.03 for 3 % less; less is better.
        caption: what is compared.
    """
    texts = [percent(change) for change in changes]

    def paint(axes: Axes) -> None:
        colours = [WORSE if change > 0 else BETTER for change in changes]
        bars = axes.barh(range(len(labels)), [100 * c for c in changes], 0.66, color=colours)
        for bar, change in zip(bars, changes, strict=True):
            bar.set_hatch("////" if change > 0 else "")
        axes.bar_label(bars, texts, padding=4)
        axes.set_yticks(range(len(labels)), labels)
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.margins(x=0.14)
        if not any(changes):
            axes.set_xlim(-1, 1)
        axes.axvline(0, color=INK, linewidth=1)
        axes.set_xlabel("change in percent (left: less, better; right, hatched: more, worse)")
        axes.grid(axis="x")

    svg = draw(name, 0.9 + 0.34 * len(labels), paint)
    return Picture(svg, caption, _pairs(labels, texts))


def change_scatter(
    name: str, before: Sequence[float], after: Sequence[float], unit: str, caption: str
) -> Picture:
    """Draws one mark per item: its size before, and by how much it changed.

    Args:
        name: of the picture, unique on the page.
        before: what each item measured with the baseline; greater than 0.
        after: what each item measures now; less is better.
        unit: of both.
        caption: what is compared.
    """
    points = [(b, 100 * (a / b - 1)) for b, a in zip(before, after, strict=True)]
    groups = [
        ("smaller", BETTER, "v", [p for p in points if p[1] < 0]),
        ("the same", MUTED, "o", [p for p in points if p[1] == 0]),
        ("bigger", WORSE, "^", [p for p in points if p[1] > 0]),
    ]
    counts = [f"{len(group)} {label}" for label, _, _, group in groups]

    def paint(axes: Axes) -> None:
        for count, (_, colour, marker, group) in zip(counts, groups, strict=True):
            style: dict[str, Any] = {
                "color": colour,
                "marker": marker,
                "alpha": 0.75,
                "linewidths": 0,
            }
            axes.scatter([x for x, _ in group], [y for _, y in group], 34, label=count, **style)
        if points:
            axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel(f"{unit} with the baseline (logarithmic)")
        axes.set_ylabel("change in percent")
        axes.axhline(0, color=INK, linewidth=1)
        axes.grid()
        axes.legend()

    return Picture(draw(name, 4.2, paint), caption, ", ".join(counts))


def change_waterfall(name: str, changes: Sequence[float], unit: str, caption: str) -> Picture:
    """Draws the running total of the items' changes, best item first.

    The curve falls while items got smaller and climbs where they got bigger: its lowest point
    is what would be saved without the losses, its end is what is saved.

    Args:
        name: of the picture, unique on the page.
        changes: after minus before, in `unit`; less is better.
        unit: of the changes.
        caption: what is compared.
    """
    running = list(accumulate(sorted(changes), initial=0.0))
    lowest, last = min(running), running[-1]
    turn = sum(change < 0 for change in changes)  # gains end here, and losses begin here:
    climb = sum(change <= 0 for change in changes)

    def paint(axes: Axes) -> None:
        for first, end, colour, line in (
            (0, turn, BETTER, "-"),
            (turn, climb, MUTED, "-"),
            (climb, len(changes), WORSE, "--"),
        ):
            steps = range(first, end + 1)
            axes.plot(steps, running[first : end + 1], line, color=colour, linewidth=2.2)
        axes.axhline(0, color=INK, linewidth=1)
        for x, y in {(turn, lowest), (len(changes), last)}:
            offset: dict[str, Any] = {"xytext": (0, 7), "textcoords": "offset points"}
            axes.annotate(signed(y), (x, y), ha="center", **offset)
        axes.margins(x=0.06, y=0.14)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel("from the most saved to the most lost (dashed: those that got bigger)")
        axes.set_ylabel(f"running total, {unit}")
        axes.grid()

    alt = f"savings reach {signed(lowest)} {unit}; with the losses, {signed(last)} {unit}"
    return Picture(draw(name, 3.6, paint), caption, alt)


def ratio_intervals(
    name: str, labels: Sequence[str], ratios: Sequence[tuple[float, float, float]], caption: str
) -> Picture:
    """Draws ratios to a baseline with their confidence intervals; 1 is the baseline.

    Args:
        name: of the picture, unique on the page.
        labels: one per ratio, top to bottom.
        ratios: (value, low, high) of each.
        caption: what is compared.
    """
    values = [value for value, _, _ in ratios]
    errors = [[v - low for v, low, _ in ratios], [high - v for v, _, high in ratios]]

    def paint(axes: Axes) -> None:
        style: dict[str, Any] = {"fmt": "o", "color": INK, "ecolor": MUTED, "capsize": 4}
        axes.errorbar(values, range(len(labels)), xerr=errors, **style)
        axes.set_yticks(range(len(labels)), labels)
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.axvline(1, color=INK, linewidth=1)
        axes.set_xlabel("ratio to the baseline (1: the same; bars: confidence interval)")
        axes.grid(axis="x")

    svg = draw(name, 0.9 + 0.34 * len(labels), paint)
    return Picture(svg, caption, _pairs(labels, [ratio(*r) for r in ratios]))


def _pairs(labels: Sequence[str], texts: Sequence[str]) -> str:
    return "; ".join(f"{label}: {text}" for label, text in zip(labels, texts, strict=True))
