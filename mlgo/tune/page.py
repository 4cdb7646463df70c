"""The report of a tuning run."""

from __future__ import annotations

import shlex

from mlgo.report import Cell, Code, Column, Page, Section, Stat, Table, Text, Tone, charts
from mlgo.report.numbers import percent, signed, thousands
from mlgo.tune.document import change
from mlgo.tune.result import ProgramTuning, Tuning


def tune_page(tuning: Tuning) -> Page:
    """Returns the report as a page."""
    stock = sum(p.stock for p in tuning.programs)
    tuned = sum(p.tuned for p in tuning.programs)
    note = f"{thousands(stock)} to {thousands(tuned)} bytes"
    return Page(
        title="Decisions searched for size",
        subtitle=f"clang {tuning.llvm_version}, {tuning.budget} compiles a module",
        stats=(_stat("Linked size, all programs", change(stock, tuned), note),),
        sections=(
            _programs(tuning),
            _modules(tuning),
            Section("How to repeat this", (Code(shlex.join(tuning.command)),)),
        ),
        footer="Size: bytes of .text. Linked by lld with --gc-sections.",
    )


def _stat(label: str, value: float, note: str) -> Stat:
    return Stat(label, percent(value), note, _tone(value))


def _tone(value: float) -> Tone:
    return "better" if value < 0 else "worse" if value > 0 else "neutral"


def _programs(tuning: Tuning) -> Section:
    columns = (
        Column("program"), Column("stock", True), Column("policy", True), Column("tuned", True),
        Column("bytes", True), Column("change", True), Column("decisions of"),
        Column("replayed", True, "modules whose object came out the same, byte for byte"),
    )  # fmt: skip
    names = [p.name for p in tuning.programs]
    bars = charts.change_bars(
        "tuned", names, [change(p.stock, p.tuned) for p in tuning.programs],
        "Change of linked size against stock. Smaller is better.",
    )  # fmt: skip
    table = Table(columns, tuple(map(_row, tuning.programs)), "Bytes of .text of all products")
    return Section("Programs", (bars, table))


def _row(program: ProgramTuning) -> tuple[Cell, ...]:
    p, relative = program, change(program.stock, program.tuned)
    sizes = (Cell(thousands(n), n) for n in (p.stock, p.policy, p.tuned))
    difference = p.tuned - p.stock
    return (
        Cell(p.name), *sizes, Cell(signed(difference), difference, _tone(difference)),
        Cell(percent(relative), relative, _tone(relative)),
        Cell({"tuned": "the search", "policy": "the policy", "stock": "stock"}[p.kept]),
        Cell(str(p.replayed), p.replayed),
    )  # fmt: skip


def _modules(tuning: Tuning) -> Section:
    columns = (
        Column("program"), Column("module"), Column("before", True), Column("after", True),
        Column("bytes", True), Column("decisions", True, "that differ from the policy's"),
        Column("functions", True, "whose code is generated in another way"),
        Column("compiles", True),
    )  # fmt: skip
    rows = []
    for p in tuning.programs:
        for m in p.modules:
            saved = m.weighted_after - m.weighted_before
            numbers = (m.weighted_before, m.weighted_after)
            rows.append(
                (
                    Cell(p.name),
                    Cell(m.name),
                    *(Cell(thousands(n), n) for n in numbers),
                    Cell(signed(saved), saved, _tone(saved)),
                    Cell(str(m.decisions), m.decisions),
                    Cell(str(m.functions), m.functions),
                    Cell(str(m.compiles), m.compiles),
                )
            )
    text = Text(
        "Bytes as they count in the linked products: a function that n modules define counts 1/n "
        "in each, one that the linker drops counts nothing."
    )
    return Section("Modules", (text, Table(columns, tuple(rows), folded=True)))
