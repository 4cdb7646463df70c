"""The report's section about compile time."""

from __future__ import annotations

from mlgo.evaluate.result import CompileTime, Evaluation, Ratio
from mlgo.report import Cell, Column, Section, Table, Text, charts
from mlgo.report.numbers import ratio


def time_section(evaluation: Evaluation) -> Section:
    """Returns the section about compile time; empty when it was not measured."""
    timed = [(p.name, t) for p in evaluation.programs if (t := p.compile_time) is not None]
    if not timed:
        return Section("", ())
    columns = (
        Column("program"),
        Column("stock, CPU s", numeric=True),
        Column("control / stock", numeric=True),
        Column("policy / stock", numeric=True),
    )
    rows = tuple(_time_row(name, time) for name, time in timed)
    total = _time_row("all", evaluation.compile_time) if evaluation.compile_time else ()
    text = Text(
        "CPU time (user and system) from pre-inlining bitcode to objects, each module compiled "
        f"in all three ways in turns, {evaluation.settings.rounds} times; with 95 % confidence "
        "intervals. Parsing the source, which takes the same time in all three, is not in it."
    )
    caption = "CPU time of compiling with the policy, against stock."
    names, ratios = [name for name, _ in timed], [_triple(t.policy) for _, t in timed]
    picture = charts.ratio_intervals("compile-time", names, ratios, caption)
    return Section("Compile time", (text, picture, Table(columns, rows, total=total)))


def _time_row(name: str, time: CompileTime) -> tuple[Cell, ...]:
    return (
        Cell(name),
        Cell(f"{time.stock_seconds:.2f}", time.stock_seconds),
        Cell(ratio(*_triple(time.control)), time.control.value),
        Cell(ratio(*_triple(time.policy)), time.policy.value),
    )


def _triple(value: Ratio) -> tuple[float, float, float]:
    return value.value, value.low, value.high
