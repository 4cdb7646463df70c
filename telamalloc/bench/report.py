"""The tables as one self-contained page, and growth as a picture."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from telamalloc.bench.table import Cell, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mlgo import report


def html(tables: dict[str, Table], conditions: str) -> str:
    """Renders the page; all text is escaped, nothing is loaded."""
    from mlgo.report import Page, render

    sections = tuple(_section(name, table) for name, table in tables.items())
    return render(Page("telamalloc bench", conditions, (), sections))


def growth(table: Table) -> str:
    """Seconds and memory over the number of buffers, as an SVG file's text."""
    import matplotlib
    from matplotlib.figure import Figure

    out = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "growth"}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        _paint(figure.add_subplot(), table, "#1f5fa8", "#777777")
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _section(name: str, table: Table) -> report.Section:
    from mlgo.report import Picture, Section, Text
    from mlgo.report.picture import BETTER, MUTED, draw

    blocks: list[report.Text | report.Table | report.Picture] = []
    for part in _parts(table):
        blocks += [Text(part.note), _page_table(part)]
    if name == "scale":
        svg = draw("growth", 4, lambda axes: _paint(axes, table, BETTER, MUTED))
        blocks.append(Picture(svg, "Growth with the number of buffers", "see the table above"))
    return Section(table.title, tuple(blocks))


def _parts(table: Table) -> Iterable[Table]:
    yield table
    if table.below:
        yield from _parts(table.below)


def _page_table(table: Table) -> report.Table:
    from mlgo.report import Cell, Column, Table

    def cell(value: str | int | float) -> Cell:
        number = _number(value)
        return Cell(f"{value:,}" if isinstance(value, int) else str(value), number)

    columns = tuple(Column(title, numeric=at > 0) for at, title in enumerate(table.header))
    return Table(columns, tuple(tuple(cell(v) for v in row) for row in table.rows))


def _number(value: Cell) -> float | None:
    try:
        return float(str(value).lstrip("> ").rstrip("%"))
    except ValueError:
        return None


def _paint(axes: Axes, table: Table, ink: str, muted: str) -> None:
    counts = [float(row[0]) for row in table.rows]
    seconds = [max(float(row[table.header.index("s")]), 1e-3) for row in table.rows]
    axes.loglog(counts, seconds, "o-", color=ink, label="seconds measured")
    linear = [seconds[-1] * c / counts[-1] for c in counts]
    axes.loglog(counts, linear, "--", color=muted, label="in proportion to the largest")
    axes.set_xlabel("buffers")
    axes.set_ylabel("seconds")
    axes.grid()
    axes.legend()
