"""A search for headroom in a few lines of plain text."""

from __future__ import annotations

from mlgo.evaluate.headroom import Headroom
from mlgo.report.numbers import percent


def summary(headroom: Headroom) -> str:
    """Returns one line a function, and one for the program."""
    head = ("function", "share", "questions", "by the profile", "counted")
    rows = [head]
    for f in headroom.functions:
        by_profile = f.best / f.default - 1 if f.default else 0.0
        counted = f.found / f.stock - 1 if f.stock else 0.0
        share = f"{100 * f.share:.1f} %"
        rows.append((f.function, share, str(f.questions), percent(by_profile), percent(counted)))
    total = percent(headroom.found / headroom.stock - 1)
    rows.append((f"{headroom.program}, all runs", "", "", "", total))
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "".join(
        "  ".join(
            [row[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        ).rstrip()
        + "\n"
        for row in rows
    )
