"""The memory map: who lies where and when, as SVG.

Time runs to the right, offsets run up. Every buffer is a rectangle that names itself when
pointed at; where there are too many to see, the map is drawn cell by cell. The outline is the
contention: the bytes that are live, whatever the plan. Same input, same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from telamalloc.contention import contention
from telamalloc.problem import Ints, Problem

_WIDTH, _HEIGHT = 860, 320  # of the map itself, in pixels
_LEFT, _TOP, _RIGHT, _BOTTOM = 90, 14, 10, 34  # margins
_MOST_RECTANGLES = 1500
_CELLS = (430, 160)  # of a map drawn cell by cell
_HUES = 12


@dataclass(frozen=True, eq=False)
class Scale:
    """From steps and bytes to pixels.

    Attributes:
        first: leftmost step.
        last: rightmost step.
        top: bytes at the upper edge.
    """

    first: int
    last: int
    top: int

    @classmethod
    def of(cls, problem: Problem, *peaks: int) -> Scale:
        """A scale on which all of the peaks, and the capacity, can be seen."""
        top = max(1, *peaks, problem.capacity or 0)
        first = int(problem.lower.min(initial=0)) if len(problem) else 0
        return cls(first, max(first + 1, int(problem.upper.max(initial=1))), top)

    def x(self, step: NDArray[np.generic] | float) -> NDArray[np.float64]:
        """Pixels from the left."""
        return np.asarray(
            _LEFT + (np.asarray(step, float) - self.first) * _WIDTH / (self.last - self.first)
        )

    def y(self, offset: NDArray[np.generic] | float) -> NDArray[np.float64]:
        """Pixels from above."""
        return np.asarray(_TOP + _HEIGHT - np.asarray(offset, float) * _HEIGHT / self.top)


def memory_map(problem: Problem, offsets: Ints, scale: Scale, rows: Ints | None = None) -> str:
    """One bank's map as an <svg> element.

    Args:
        problem: the buffers.
        offsets: (n,) bytes; buffers below 0 are left out.
        scale: shared by the maps that are to be compared.
        rows: of the buffers to draw; None: all.
    """
    chosen = np.arange(len(problem)) if rows is None else rows
    chosen = chosen[offsets[chosen] >= 0]
    pieces = _pieces(problem, chosen)
    few = len(pieces) <= _MOST_RECTANGLES
    body = _rectangles(problem, offsets, pieces, scale) if few else _cells(offsets, pieces, scale)
    outline = _outline(problem.subset(chosen), scale)
    peak = int((offsets + problem.size)[chosen].max(initial=0))
    lines = _line(scale, peak, "peak", "")
    if problem.capacity is not None and problem.capacity <= scale.top:
        lines += _line(scale, problem.capacity, "capacity", "6 4")
    width, height = _LEFT + _WIDTH + _RIGHT, _TOP + _HEIGHT + _BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="11" role="img">'
        f"{body}{outline}{lines}{_axes(scale)}</svg>"
    )


def _pieces(problem: Problem, rows: Ints) -> Ints:
    """Rows (buffer, lower, upper, bytes): lifetimes cut at the gaps."""
    whole = rows[~np.isin(rows, problem.gaps[:, 0])]
    columns = (whole, problem.lower[whole], problem.upper[whole], problem.size[whole])
    cut = []
    for row in rows[np.isin(rows, problem.gaps[:, 0])].tolist():
        at, gaps = int(problem.lower[row]), problem.gaps[problem.gaps[:, 0] == row]
        for _, lower, upper, size in gaps[np.argsort(gaps[:, 1])].tolist():
            cut += [(row, at, lower, int(problem.size[row])), (row, lower, upper, size)]
            at = upper
        cut.append((row, at, int(problem.upper[row]), int(problem.size[row])))
    kept = [piece for piece in cut if piece[1] < piece[2] and piece[3] > 0]
    return np.concatenate([np.column_stack(columns), np.array(kept, np.int64).reshape(-1, 4)])


def _colour(row: int) -> str:
    """Neighbours in the list of buffers differ; readable on white and on black."""
    hue = row * 5 % _HUES * (360 // _HUES)
    return f"hsl({hue},52%,{58 if row // _HUES % 2 else 46}%)"


def _rectangles(problem: Problem, offsets: Ints, pieces: Ints, scale: Scale) -> str:
    parts = []
    for row, lower, upper, size in pieces.tolist():
        x, y = scale.x(lower), scale.y(offsets[row] + size)
        width, height = float(scale.x(upper) - x), float(scale.y(offsets[row]) - y)
        title = (
            f"{problem.id(row)}: {int(problem.size[row]):,} bytes at {int(offsets[row]):,}, "
            f"live in [{problem.lower[row]}, {problem.upper[row]})"
        )
        parts.append(
            f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" '
            f'fill="{_colour(row)}" stroke="#fff" stroke-width="{min(0.6, height / 4):.2f}">'
            f"<title>{escape(title)}</title></rect>"
        )
    return "".join(parts)


def _cells(offsets: Ints, pieces: Ints, scale: Scale) -> str:
    """The map on a grid: each cell shows a buffer that covers its centre."""
    columns, lines = _CELLS
    grid = np.full((lines, columns), -1, np.int64)
    span = scale.last - scale.first
    left = np.ceil((pieces[:, 1] - scale.first) * columns / span - 0.5).astype(int)
    right = np.ceil((pieces[:, 2] - scale.first) * columns / span - 0.5).astype(int)
    start = offsets[pieces[:, 0]]
    low = np.ceil(start * lines / scale.top - 0.5).astype(int)
    high = np.ceil((start + pieces[:, 3]) * lines / scale.top - 0.5).astype(int)
    for piece in np.flatnonzero((left < right) & (low < high)).tolist():
        shade = int(pieces[piece, 0]) % (2 * _HUES)
        grid[low[piece] : high[piece], left[piece] : right[piece]] = shade
    scaled = (
        f'<g transform="translate({_LEFT} {_TOP + _HEIGHT}) '
        f'scale({_WIDTH / columns:.6f} {-_HEIGHT / lines:.6f})" shape-rendering="crispEdges">'
    )
    paths = "".join(
        f'<path fill="{_colour(shade)}" d="{_runs(grid == shade)}"/>'
        for shade in np.unique(grid[grid >= 0]).tolist()
    )
    return f"{scaled}{paths}</g>"


def _runs(mask: NDArray[np.bool_]) -> str:
    """The horizontal runs of a mask as path data."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    return "".join(
        f"M{x} {y}h{end - x}v1h{x - end}z"
        for (y, x), (_, end) in zip(starts.tolist(), ends.tolist(), strict=True)
    )


def _outline(problem: Problem, scale: Scale) -> str:
    """The contention as a line; thinned out where there are more steps than pixels."""
    times, needed = contention(problem)
    if not len(times):
        return ""
    column = np.floor(scale.x(times)).astype(int)
    if len(times) > 2 * _WIDTH:
        starts = np.flatnonzero(np.diff(column, prepend=-1))
        times, needed = times[starts], np.maximum.reduceat(needed, starts)
    points, height = [], 0
    for step, total in zip(times.tolist(), needed.tolist(), strict=True):
        x = scale.x(step)
        points += [f"{x:.1f},{scale.y(height):.1f}", f"{x:.1f},{scale.y(total):.1f}"]
        height = total
    return (
        f'<polyline points="{" ".join(points)}" fill="none" stroke="currentColor" '
        f'stroke-width="1.4"><title>bytes live at once</title></polyline>'
    )


def _line(scale: Scale, offset: int, label: str, dashes: str) -> str:
    """A horizontal line with its label."""
    y = float(scale.y(offset))
    right = _LEFT + _WIDTH
    return (
        f'<line x1="{_LEFT}" x2="{right}" y1="{y:.2f}" y2="{y:.2f}" stroke="currentColor" '
        f'stroke-width="1" stroke-dasharray="{dashes or "none"}"/>'
        f'<text x="{right - 4}" y="{y - 3:.2f}" text-anchor="end" fill="currentColor">'
        f"{label} {offset:,}</text>"
    )


def _axes(scale: Scale) -> str:
    """Five ticks each, labelled."""
    parts = []
    for part in range(5):
        offset = scale.top * part // 4
        y = float(scale.y(offset))
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="currentColor">'
            f"{offset:,}</text>"
        )
        anchor = ("start", "middle", "middle", "middle", "end")[part]
        step = scale.first + (scale.last - scale.first) * part // 4
        parts.append(
            f'<text x="{float(scale.x(step)):.1f}" y="{_TOP + _HEIGHT + 15}" '
            f'text-anchor="{anchor}" fill="currentColor">{step}</text>'
        )
    parts.append(
        f'<text x="{_LEFT + _WIDTH // 2}" y="{_TOP + _HEIGHT + 30}" text-anchor="middle" '
        f'fill="currentColor">time step</text>'
    )
    return "".join(parts)
