"""`explain`: a plan as a page: its memory map, before and after, and who holds the peak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlgo.report import Cell, Column, Page, Picture, Section, Stat, Table, Text, Tone
from telamalloc.contention import contention
from telamalloc.memory_map import Scale, memory_map
from telamalloc.problem import Ints, Problem
from telamalloc.solution import Solution

_MOST_ROWS = 200


@dataclass(frozen=True, eq=False)
class Titled:
    """A plan and what it is called, e.g. "after"."""

    title: str
    solution: Solution


def page(name: str, problem: Problem, plans: Sequence[Titled]) -> Page:
    """The page of a problem's plans, the last one being the one to explain.

    Args:
        name: of the problem, for the heading.
        problem: the buffers.
        plans: at least one, with whole plans.
    """
    plan = plans[-1].solution
    sections = [_maps(problem, plans, number) for number in range(len(problem.banks))]
    sections.append(Section("At the peak", (_at_the_peak(problem, plan),)))
    sections.append(Section("Largest buffers", (_largest(problem, plan),)))
    return Page(
        f"Memory map of {name}",
        f"{len(problem):,} buffers over {_steps(problem):,} time steps",
        _stats(problem, plans),
        tuple(sections),
    )


def picture(problem: Problem, plans: Sequence[Titled]) -> str:
    """The last plan's map of the preferred bank as SVG, for other documents."""
    solution = plans[-1].solution
    return memory_map(
        problem, solution.offsets, Scale.of(problem, solution.peak), _rows(solution, 0)
    )


def _steps(problem: Problem) -> int:
    return int(problem.upper.max(initial=0) - problem.lower.min(initial=0)) if len(problem) else 0


def _rows(solution: Solution, bank: int) -> Ints:
    return np.flatnonzero(solution.banks == bank)


def _stats(problem: Problem, plans: Sequence[Titled]) -> tuple[Stat, ...]:
    last = plans[-1].solution
    stats = [Stat(f"peak {plan.title}".strip(), f"{plan.solution.peak:,} bytes") for plan in plans]
    if len(plans) > 1 and plans[0].solution.peak:
        change = last.peak / plans[0].solution.peak - 1
        tone: Tone = "better" if change < 0 else "worse" if change > 0 else "neutral"
        stats.append(Stat("change", f"{change:+.1%}", tone=tone))
    live = int(contention(problem.subset(_rows(last, 0)))[1].max(initial=0))
    stats.append(Stat("live at once", f"{live:,} bytes", "no plan without sharing needs less"))
    if problem.capacity is not None:
        stats.append(Stat("capacity", f"{problem.capacity:,} bytes"))
    return tuple(stats)


def _maps(problem: Problem, plans: Sequence[Titled], bank: int) -> Section:
    """One bank's maps below one another, on one scale."""
    own = problem if bank == 0 else problem.with_capacity(problem.banks[bank].capacity)
    scale = Scale.of(own, *(plan.solution.peaks[bank] for plan in plans))
    blocks: list[Text | Picture] = []
    for plan in plans:
        rows = _rows(plan.solution, bank)
        svg = memory_map(own, plan.solution.offsets, scale, rows)
        peak = plan.solution.peaks[bank]
        words = f"{len(rows):,} buffers, peak {peak:,} bytes"
        blocks.append(Picture(svg, f"{plan.title}: {words}" if plan.title else words, words))
    blocks.append(
        Text("Time runs to the right, offsets run up. The outline is what is live at each moment.")
    )
    name = problem.banks[bank].name
    return Section("Map" if len(problem.banks) == 1 else f"Map of {name}", tuple(blocks))


def _at_the_peak(problem: Problem, solution: Solution) -> Table:
    """The buffers live when the most bytes are."""
    times, needed = contention(problem)
    busy = int(times[int(np.argmax(needed))]) if len(times) else 0
    rows = np.flatnonzero((problem.lower <= busy) & (busy < problem.upper))
    order = rows[np.argsort(-problem.size[rows], kind="stable")]
    total = int(needed.max(initial=0))
    caption = f"{len(rows):,} buffers, {total:,} bytes, are live at step {busy}"
    return _table(problem, solution, order[:_MOST_ROWS], caption)


def _largest(problem: Problem, solution: Solution) -> Table:
    order = np.argsort(-problem.size, kind="stable")[:_MOST_ROWS]
    return _table(problem, solution, order, f"the largest {len(order):,} of {len(problem):,}")


def _table(problem: Problem, solution: Solution, rows: Ints, caption: str) -> Table:
    columns = (
        Column("buffer"), Column("bytes", True), Column("offset", True), Column("bank"),
        Column("first step", True), Column("past the last", True),
    )  # fmt: skip
    cells = tuple(
        (
            Cell(problem.id(row)),
            _number(problem.size[row]),
            _number(solution.offsets[row]),
            Cell(problem.banks[int(solution.banks[row])].name),
            _number(problem.lower[row]),
            _number(problem.upper[row]),
        )
        for row in rows.tolist()
    )
    return Table(columns, cells, caption, folded=len(rows) > 30)


def _number(value: int) -> Cell:
    return Cell(f"{int(value):,}", float(value))
