"""Sizes as the cells of a report's tables."""

from __future__ import annotations

from mlgo.evaluate.result import Sizes
from mlgo.evaluate.statistics import Comparison, change
from mlgo.report import Cell, Column, Tone
from mlgo.report.numbers import percent, signed, thousands

SIZE_COLUMNS = (
    Column("stock", numeric=True, note="bytes of .text, without the plugin"),
    Column("policy", numeric=True, note="bytes of .text, with the policy"),
    Column("bytes", numeric=True, note="policy minus stock"),
    Column("change", numeric=True, note="policy / stock - 1"),
    Column("result"),
)


def size_cells(sizes: Sizes) -> tuple[Cell, ...]:
    """Returns the cells for `SIZE_COLUMNS`."""
    stock, policy = sizes.stock, sizes.policy
    if stock is None or policy is None:
        return (number(stock), number(policy), Cell(""), Cell(""), Cell("not built"))
    relative = change(sizes)
    word = {"better": "smaller", "worse": "bigger", "neutral": "same"}
    tone = tone_of(policy - stock)
    return (
        number(stock),
        number(policy),
        Cell(signed(policy - stock), policy - stock, tone),
        Cell(percent_or_dash(relative), relative, tone),
        Cell(word[tone], tone=tone),
    )


def number(value: int | None) -> Cell:
    """Returns a number of bytes or things; a dash for none."""
    return Cell("-") if value is None else Cell(thousands(value), value)


def percent_or_dash(value: float | None) -> str:
    """Returns a fraction in percent; a dash for none."""
    return "-" if value is None else percent(value)


def tone_of(value: float) -> Tone:
    """Returns how a change is to be taken: less is better."""
    return "better" if value < 0 else "worse" if value > 0 else "neutral"


def sum_of(total: Comparison) -> Sizes:
    """Returns a comparison's sums as sizes."""
    return Sizes(total.stock, None, total.policy) if total.compared else Sizes(None, None, None)


def wins_and_losses(comparison: Comparison) -> str:
    """Returns how many became smaller, bigger, or stayed the same, in words."""
    c = comparison
    return f"{c.smaller} smaller, {c.bigger} bigger, {c.same} the same"
