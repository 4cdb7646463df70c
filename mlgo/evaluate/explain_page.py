"""The report of an explanation."""

from __future__ import annotations

from mlgo.evaluate.explanation import Effect, Explanation
from mlgo.report import Cell, Column, Page, Section, Stat, Table, Text
from mlgo.report.numbers import thousands


def explain_page(explanation: Explanation) -> Page:
    """Returns the report as a page."""
    e = explanation
    return Page(
        title="What moved the inlining policy",
        subtitle=f"the {e.policy} policy, {thousands(e.decisions)} decisions",
        stats=(
            Stat("Overruled LLVM", thousands(e.overruled), f"of {thousands(e.decisions)}"),
            Stat("Measured", thousands(e.measured), "flipped back, one by one"),
        ),
        sections=explain_sections(e),
    )


def explain_sections(explanation: Explanation) -> tuple[Section, ...]:
    """Returns what moved the policy, and which decisions mattered, for a page."""
    return _features(explanation), _decisions(explanation)


def _features(explanation: Explanation) -> Section:
    text = Text(
        "How much the policy's score changes, in log-odds, when one feature is shuffled among all "
        "decisions: where the policy overrules LLVM, and everywhere."
    )
    columns = (Column("feature"), Column("overruled", True), Column("everywhere", True))
    rows = tuple(
        (
            Cell(f.name),
            Cell(f"{f.overruled:.3f}", f.overruled),
            Cell(f"{f.everywhere:.3f}", f.everywhere),
        )
        for f in explanation.features
    )
    return Section("What moved the policy", (text, Table(columns, rows)))


def _decisions(explanation: Explanation) -> Section:
    note = "" if explanation.lines else " For source lines, add programs with --lines."
    text = Text(
        "Bytes of the linked program that overruling LLVM saved (negative) or cost, each measured "
        "by flipping this decision alone." + note
    )
    return Section(
        "The decisions that mattered",
        (
            text,
            _table("The decisions that saved most", explanation.saved),
            _table("The decisions that cost most", explanation.cost),
        ),
    )


def _table(caption: str, effects: tuple[Effect, ...]) -> Table:
    columns = (
        Column("bytes", True), Column("did"), Column("callee"), Column("caller"),
        Column("line"), Column("module"), Column("score", True, "log-odds of inlining"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(f"{e.change:+.1f}", e.change, "better" if e.change < 0 else "worse"),
            Cell("inlined" if e.inlined else "kept"), Cell(e.callee), Cell(e.caller),
            Cell(e.line or "-"), Cell(f"{e.program}: {e.module}"), Cell(f"{e.score:+.2f}", e.score),
        )
        for e in effects
    )  # fmt: skip
    return Table(columns, rows, caption)
