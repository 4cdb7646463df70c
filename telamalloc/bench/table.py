"""Tables of results, as Markdown for people and as JSON for programs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Cell = str | int | float


@dataclass
class Table:
    """A titled table.

    Attributes:
        title: what it shows.
        header: names of the columns.
        note: how it was measured.
        rows: the cells.
        below: a second table on the same measurements.
    """

    title: str
    header: tuple[str, ...]
    note: str = ""
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    below: Table | None = None

    def add(self, *cells: Cell) -> None:
        """Adds a row, one cell a column."""
        assert len(cells) == len(self.header), (cells, self.header)
        self.rows.append(cells)

    def markdown(self) -> str:
        """The table as a section of a document."""
        lines = [f"### {self.title}", "", *([self.note, ""] if self.note else [])]
        lines.append("| " + " | ".join(self.header) + " |")
        lines.append("|" + "---|" * len(self.header))
        lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in self.rows]
        text = "\n".join(lines) + "\n"
        return text + ("\n" + self.below.markdown() if self.below else "")

    def json(self) -> dict[str, Any]:
        """The table as JSON: a list of rows by column."""
        rows = [dict(zip(self.header, row, strict=True)) for row in self.rows]
        own: dict[str, Any] = {"title": self.title, "note": self.note, "rows": rows}
        return own | ({"below": self.below.json()} if self.below else {})

    @staticmethod
    def from_json(data: dict[str, Any]) -> Table:
        """The table that `json` made.

        Raises:
            KeyError: something is missing.
        """
        rows = [tuple(row.values()) for row in data["rows"]]
        below = Table.from_json(data["below"]) if "below" in data else None
        header = tuple(data["rows"][0]) if rows else ()
        return Table(data["title"], header, data["note"], rows, below)
