"""Pictures of rankings: how slow the best of the first K tiles is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cost_model.evaluate.judge import TITLES, Judgement
from cost_model.learn.batches import Array
from mlgo.report.picture import BETTER, INK, MUTED, Picture, draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES = ("--", ":", "-.", (0, (1, 3)), (0, (6, 2)), (0, (3, 1, 1, 1, 1, 1)))
_MARKERS = ("s", "^", "v", "D", "x", "+")


def slowdown_curves(judgement: Judgement, ours: str) -> Picture:
    """Mean slowdown of the best of the first K tiles, a line per method."""
    curves = judgement.curves

    def paint(axes: Axes) -> None:
        looks = iter(zip(_STYLES, _MARKERS, strict=True))
        for name, curve in curves.items():
            _line(axes, TITLES[name], 100 * curve, None if name == ours else next(looks))
        axes.set_xlabel("tiles measured, in the order of the ranking (logarithmic)")
        axes.set_ylabel("slower than the best tile, percent")
        axes.set_xscale("log")
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_formatter("{x:.0f}")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.grid()
        axes.legend(fontsize=8)

    alt = "; ".join(f"{TITLES[n]}: {c[0]:.1%} at 1, {c[4]:.1%} at 5" for n, c in curves.items())
    caption = "Mean over kernels of the best tile among the first K, against the best of all."
    return Picture(draw("slowdown", 4.4, paint), caption, alt)


def needed_measurements(judgement: Judgement, ours: str) -> Picture:
    """Share of kernels within 1 % of the best tile after so many measurements."""
    counts = {name: np.sort(judgement.values(name, "needed")) for name in judgement.qualities}
    most = int(max(kernel.configs for kernel in judgement.kernels))

    def paint(axes: Axes) -> None:
        looks = iter(zip(_STYLES, _MARKERS, strict=True))
        for name, values in counts.items():
            share = [100 * np.mean(values <= k) for k in range(1, most + 1)]
            _line(axes, TITLES[name], np.array(share), None if name == ours else next(looks))
        axes.axvline(most, color=MUTED, linewidth=1)
        axes.set_xscale("log")
        axes.set_ylim(0, 102)
        axes.xaxis.set_major_formatter("{x:.0f}")
        axes.set_xlabel(f"tiles measured (logarithmic; exhaustive search: {most})")
        axes.set_ylabel("percent of kernels within 1 % of the best")
        axes.grid()
        axes.legend(fontsize=8)

    alt = "; ".join(f"{TITLES[n]}: {v.mean():.1f} on average" for n, v in counts.items())
    caption = "How many tiles an autotuner has to measure until one is within 1 % of the best."
    return Picture(draw("needed", 4.0, paint), caption, alt)


def _line(axes: Axes, title: str, values: Array, look: Any) -> None:
    x = np.arange(1, len(values) + 1)
    if look is None:
        axes.plot(x, values, "-o", color=BETTER, linewidth=2.6, markersize=4, label=title)
        return
    style, marker = look
    every: Any = {"markersize": 4, "markevery": 3}
    axes.plot(x, values, linestyle=style, marker=marker, color=INK, label=title, **every)
