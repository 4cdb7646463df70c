"""The report of an evaluation."""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np

from cost_model.evaluate.charts import needed_measurements, slowdown_curves
from cost_model.evaluate.judge import FIGURES, TITLES, Judgement, Mean, advantage, mean
from mlgo.report import Cell, Code, Column, Page, Section, Stat, Table, Text

_NOTES = {
    "top1": "the tile ranked first, against the best of all",
    "top5": "the best of the first 5, against the best of all",
    "top10": "the best of the first 10, against the best of all",
    "opa": "share of pairs of tiles that are ordered rightly",
    "tau": "Kendall's tau-b",
    "needed": "measurements until one tile is within 1 % of the best",
}
_HEADINGS = {
    "top1": "top-1 slowdown",
    "top5": "top-5",
    "top10": "top-10",
    "opa": "ordered pairs",
    "tau": "tau",
    "needed": "measurements",
}
_WORST = 15


def make_page(judgement: Judgement, ours: str, facts: dict[str, Any]) -> Page:
    """Returns the report.

    Args:
        judgement: of the methods.
        ours: the method that others are compared with.
        facts: how the evaluation was made; see cost_model.cli.evaluate.
    """
    count = len(judgement.kernels)
    tiles = sum(kernel.configs for kernel in judgement.kernels)
    return Page(
        title="How good the tiles are that the cost model picks",
        subtitle=f"{count} kernels with {tiles} measured tiles; {facts['about']}",
        stats=_stats(judgement, ours),
        sections=(
            _methods(judgement),
            _advantages(judgement, ours),
            Section("Slowdown", (slowdown_curves(judgement, ours),)),
            Section("Autotuning", (needed_measurements(judgement, ours),)),
            _families(judgement, ours),
            _kernels(judgement, ours),
            Section("How to repeat this", (Code(shlex.join(facts["command"])), _facts(facts))),
        ),
    )


def _stats(judgement: Judgement, ours: str) -> tuple[Stat, ...]:
    score = 1 - mean(judgement.values(ours, "top5")).value
    return (
        *(_stat(judgement, ours, figure) for figure in ("top1", "top5", "tau", "needed")),
        Stat("1 - top-5 slowdown", f"{score:.4f}", "Kaggle's score; 1 is perfect"),
    )


def _stat(judgement: Judgement, ours: str, figure: str) -> Stat:
    found = mean(judgement.values(ours, figure))
    note = f"{_text(figure, found.low)} to {_text(figure, found.high)} (95 %)"
    return Stat(_HEADINGS[figure].capitalize(), _text(figure, found.value), note)


def _methods(judgement: Judgement) -> Section:
    columns = (Column("method"), *_figure_columns())
    rows = tuple(
        (Cell(TITLES[n]), *(_mean_cell(f, mean(judgement.values(n, f))) for f in FIGURES))
        for n in judgement.qualities
    )
    caption = "Means over kernels, with their 95 % bootstrap intervals over kernels."
    return Section("Methods", (Table(columns, rows, caption),))


def _advantages(judgement: Judgement, ours: str) -> Section:
    figures = ("top1", "top5", "tau", "needed")
    columns = (Column("against"), *(Column(_HEADINGS[f], True, _NOTES[f]) for f in figures))
    rows = []
    for name in judgement.qualities:
        if name != ours:
            cells = [_advantage_cell(f, advantage(judgement, ours, name, f)) for f in figures]
            rows.append((Cell(TITLES[name]), *cells))
    caption = (
        f"How much better {TITLES[ours]} is on the same kernels (minus: worse), with 95 % "
        "bootstrap intervals of the difference. An interval without 0 is marked."
    )
    return Section("Ours against each", (Table(columns, tuple(rows), caption),))


def _advantage_cell(figure: str, found: Mean) -> Cell:
    cell = _mean_cell(figure, found)
    if found.low > 0:
        return Cell(f"better: {cell.text}", found.value, "better")
    if found.high < 0:
        return Cell(f"worse: {cell.text}", found.value, "worse")
    return cell


def _families(judgement: Judgement, ours: str) -> Section:
    families = np.array([kernel.family for kernel in judgement.kernels])
    columns = (Column("family"), Column("kernels", True), *_figure_columns())
    rows = tuple(
        (
            Cell(family or "(none)"),
            Cell(str((families == family).sum()), float((families == family).sum())),
            *(_mean_cell(f, mean(judgement.values(ours, f)[families == family])) for f in FIGURES),
        )
        for family in sorted(set(families))
    )
    return Section("By family", (Table(columns, rows, f"{TITLES[ours]}, by model family."),))


def _kernels(judgement: Judgement, ours: str) -> Section:
    order = np.argsort(-judgement.values(ours, "top1"), kind="stable")
    names = (Column("kernel"), Column("tiles", True), Column("best, us", True))
    columns = (*names, *_figure_columns())
    rows = [_kernel_row(judgement, ours, int(index)) for index in order]
    worst = Table(columns, tuple(rows[:_WORST]), "Where the tile ranked first loses most.")
    every = Table(columns, tuple(rows), "All kernels.", folded=True)
    return Section("Worst kernels", (worst, every))


def _figure_columns() -> tuple[Column, ...]:
    return tuple(Column(_HEADINGS[f], True, _NOTES[f]) for f in FIGURES)


def _kernel_row(judgement: Judgement, ours: str, index: int) -> tuple[Cell, ...]:
    kernel, found = judgement.kernels[index], judgement.qualities[ours][index]
    best = float(kernel.config_runtime.min()) / 1e3
    figures = [getattr(found, figure) for figure in FIGURES]
    return (
        Cell(kernel.name),
        Cell(str(kernel.configs), float(kernel.configs)),
        Cell(f"{best:,.1f}", best),
        *(Cell(_text(f, v), v) for f, v in zip(FIGURES, figures, strict=True)),
    )


def _facts(facts: dict[str, Any]) -> Text:
    text = f"Data: sha256 {facts['data_sha256']}. Model: {facts['model']}."
    return Text(text)


def _mean_cell(figure: str, found: Mean) -> Cell:
    low, high = (_text(figure, x).removesuffix(" %") for x in (found.low, found.high))
    return Cell(f"{_text(figure, found.value)} ({low} to {high})", found.value)


def _text(figure: str, value: float) -> str:
    if np.isnan(value):
        return "none"
    if figure == "needed":
        return f"{value:.1f}"
    return f"{value:.3f}" if figure in ("opa", "tau") else f"{100 * value:.2f} %"
