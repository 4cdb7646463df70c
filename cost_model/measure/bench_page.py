"""The report of `cost-model bench`: JSON, and a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from cost_model.measure.bench import RIVALS, Contest, Speedup, speedup
from mlgo.report import Cell, Code, Column, Page, Section, Stat, Table, Text

_TITLES = {
    "default": "XLA's default tile of the same emitter",
    "eigen": "XLA with Eigen",
    "ynn": "XLA with YNN",
    "library": "the faster library, kernel by kernel",
    "few": "XLA's default tile, when the first {few} tiles are measured",
}


def summary(contests: Sequence[Contest], few: int) -> dict[str, Speedup]:
    """Returns title -> speedup of the chosen tile."""
    found = {_TITLES[r]: speedup([c.speedup(r) for c in contests]) for r in RIVALS}
    found[_TITLES["few"].format(few=few)] = speedup([c.speedup_of_few for c in contests])
    return found


def document(contests: Sequence[Contest], few: int, facts: dict[str, Any]) -> dict[str, Any]:
    """Returns the report as JSON."""
    return {
        **facts,
        "speedups": {t: dataclasses.asdict(s) for t, s in summary(contests, few).items()},
        "kernels": [dataclasses.asdict(c) for c in contests],
    }


def page(contests: Sequence[Contest], few: int, facts: dict[str, Any]) -> Page:
    """Returns the report as a page."""
    found = summary(contests, few)
    default, library = found[_TITLES["default"]], found[_TITLES["library"]]
    return Page(
        title="The chosen tile against XLA",
        subtitle=f"{len(contests)} kernels, one core, interleaved rounds; {facts['machine']}",
        stats=(
            Stat("against the default tile", f"{default.mean:.3f}x", _note(default)),
            Stat("against the faster library", f"{library.mean:.3f}x", _note(library)),
        ),
        sections=(
            Section("Speedup", (_summary_table(found), Text("Below 1.000 the chosen tile loses."))),
            Section("Model families", (_families(contests),)),
            Section("Kernels", (_kernels(contests),)),
            Section("How to repeat this", (Code(facts["command"]), _facts(facts))),
        ),
    )


def _note(found: Speedup) -> str:
    return f"{found.low:.3f} to {found.high:.3f}, worst {found.worst:.3f}"


def _ratio(value: float) -> Cell:
    return Cell(f"{value:.3f}", value, tone="better" if value >= 1 else "worse")


def _summary_table(found: dict[str, Speedup]) -> Table:
    columns = ("against", "geometric mean", "95 % interval", "worst", "below 0.97")
    rows = [
        (Cell(title), _ratio(s.mean), Cell(f"{s.low:.3f} to {s.high:.3f}"), _ratio(s.worst),
         Cell(f"{s.slower} of {s.count}", s.slower))
        for title, s in found.items()
    ]  # fmt: skip
    return Table(_columns(columns), tuple(rows))


def _families(contests: Sequence[Contest]) -> Table:
    rows = []
    for family in sorted({c.spec.family for c in contests}):
        members = [c for c in contests if c.spec.family == family]
        ratios = [_ratio(speedup([c.speedup(r) for c in members]).mean) for r in RIVALS]
        rows.append((Cell(family), Cell(str(len(members)), len(members)), *ratios))
    return Table(_columns(("family", "kernels", *RIVALS)), tuple(rows))


def _kernels(contests: Sequence[Contest]) -> Table:
    rows = []
    for c in sorted(contests, key=lambda c: c.speedup("default")):
        product = f"{c.spec.m}x{c.spec.k}x{c.spec.n}"
        us = Cell(f"{c.first_ns / 1000:.1f}", c.first_ns)
        ratios = [_ratio(c.speedup(r)) for r in RIVALS]
        tile = c.chosen.removesuffix("*vectwidth")
        rows.append((Cell(c.spec.name), Cell(product), Cell(tile), us, *ratios))
    return Table(_columns(("kernel", "product", "tile", "us", *RIVALS)), tuple(rows))


def _columns(titles: Sequence[str]) -> tuple[Column, ...]:
    return tuple(Column(title, numeric=at > 0) for at, title in enumerate(titles))


def _facts(facts: dict[str, Any]) -> Text:
    return Text(f"Model {facts['model']}; {facts['xla']}; real-time priority: {facts['realtime']}.")
