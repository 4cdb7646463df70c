"""The report's section about the modules' objects: where bytes were saved and lost."""

from __future__ import annotations

from collections.abc import Sequence

from mlgo.evaluate.result import Evaluation, ModuleResult, Sizes
from mlgo.evaluate.size_cells import SIZE_COLUMNS, percent_or_dash, size_cells, wins_and_losses
from mlgo.evaluate.statistics import Comparison
from mlgo.report import Cell, Column, Picture, Section, Table, Text, charts

_SHOWN = 15  # of the modules that saved and that cost the most


def modules_section(evaluation: Evaluation, total: Comparison) -> Section:
    """Returns the section about object sizes; empty when no module built."""
    modules = [(program.name, m) for program in evaluation.programs for m in program.modules]
    known = [
        (name, m, m.text.policy - m.text.stock)
        for name, m in modules
        if m.text.stock is not None and m.text.policy is not None
    ]
    if not known:
        return Section("", ())
    ranked = sorted(known, key=lambda item: (item[2], item[0], item[1].name))
    wins = [item for item in ranked if item[2] < 0][:_SHOWN]
    losses = [item for item in reversed(ranked) if item[2] > 0][:_SHOWN]
    intro = Text(
        "Bytes of .text in the object files, before linking: "
        f"{percent_or_dash(total.change)} in sum, {percent_or_dash(total.geometric_mean)} in the "
        f"geometric mean; {wins_and_losses(total)}. The linker drops duplicates and unused "
        "functions, so this is not the linked size."
    )
    return Section(
        "Modules: object size",
        (
            intro,
            *_module_pictures([m.text for _, m, _ in known]),
            _module_table("Where the most bytes were lost", losses),
            _module_table("Where the most bytes were saved", wins),
            _module_table("Every module", ranked, folded=True),
        ),
    )


def _module_pictures(sizes: list[Sizes]) -> tuple[Picture, ...]:
    pairs = [(s.stock or 0, s.policy or 0) for s in sizes]
    caption = (
        "The running total of all modules' changes, from the greatest gain to the greatest loss."
    )
    waterfall = charts.change_waterfall("waterfall", [p - s for s, p in pairs], "bytes", caption)
    nonempty = [(s, p) for s, p in pairs if s > 0]
    caption = "Every module: its object's size with stock, and how much the policy changed it."
    before, after = [s for s, _ in nonempty], [p for _, p in nonempty]
    scatter = charts.change_scatter("scatter", before, after, "bytes of .text", caption)
    return waterfall, scatter


def _module_table(
    caption: str, items: Sequence[tuple[str, ModuleResult, int]], folded: bool = False
) -> Table:
    columns = (Column("program"), Column("module"), *SIZE_COLUMNS)
    rows = tuple((Cell(name), Cell(m.name), *size_cells(m.text)) for name, m, _ in items)
    return Table(columns, rows, caption if rows else f"{caption}: nowhere", folded=folded)
