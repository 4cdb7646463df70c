"""A table of a report: typed columns, cells that sort by value and not by text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# How a figure compares with its baseline. Shown as a word or sign too, never by colour alone.
Tone = Literal["better", "worse", "neutral"]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: its heading.
        numeric: aligned right, digits of equal width.
        note: explains the heading; shown when pointing at it.
    """

    title: str
    numeric: bool = False
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: what is shown.
        key: what the column sorts by; the text itself when None.
        tone: colours the cell.
    """

    text: str
    key: float | None = None
    tone: Tone = "neutral"


@dataclass(frozen=True)
class Table:
    """A table; a reader can sort it by clicking a heading.

    Attributes:
        columns: the headings.
        rows: one tuple of cells per row, as long as `columns`.
        caption: one line above the table.
        total: a last row that stays last when the table is sorted; empty for none.
        folded: shown only when the reader opens it; for long tables.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    total: tuple[Cell, ...] = ()
    folded: bool = False
    kind: Literal["table"] = "table"

    def __post_init__(self) -> None:
        for row in (*self.rows, *([self.total] if self.total else [])):
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells in a table of {len(self.columns)}")
