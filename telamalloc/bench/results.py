"""The tables of a run: kept as JSON, shown as Markdown and as a page."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telamalloc.atomic import write_bytes
from telamalloc.bench.table import Table
from telamalloc.errors import FormatError


def _conditions() -> str:
    return (
        f"Measured with Python {platform.python_version()} on {os.cpu_count()} cores "
        f"(load {os.getloadavg()[0]:.1f} at the start), one thread unless a peer insists."
    )


@dataclass
class Results:
    """What was measured so far.

    Attributes:
        tables: by suite.
        conditions: where and how.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    conditions: str = field(default_factory=_conditions)

    @staticmethod
    def read(folder: Path) -> Results:
        """The results in a folder; none, where it holds none yet.

        Raises:
            FormatError: bench.json is not what `write` writes.
        """
        path = folder / "bench.json"
        if not path.exists():
            return Results()
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            tables = {name: Table.from_json(table) for name, table in data["suites"].items()}
            return Results(tables, str(data["conditions"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FormatError(
                f"{path}: no results of the benchmark", "run without --resume"
            ) from error

    def write(self, folder: Path) -> None:
        """Writes bench.json, bench.md, bench.html, and growth.svg once suite scale has run."""
        from telamalloc.bench import report

        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(folder / "bench.json", (json.dumps(self._json(), indent=1) + "\n").encode())
        write_bytes(folder / "bench.md", self.markdown().encode())
        write_bytes(folder / "bench.html", report.html(self.tables, self.conditions).encode())
        if "scale" in self.tables:
            write_bytes(folder / "growth.svg", report.growth(self.tables["scale"]).encode())

    def markdown(self) -> str:
        """All tables, a section each."""
        return "\n".join([self.conditions + "\n", *(t.markdown() for t in self.tables.values())])

    def _json(self) -> dict[str, Any]:
        suites = {name: table.json() for name, table in self.tables.items()}
        return {"conditions": self.conditions, "suites": suites}
