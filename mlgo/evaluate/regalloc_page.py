"""The report of a register-allocation evaluation: what is executed, and what it costs."""

from __future__ import annotations

import shlex

from mlgo.evaluate.regalloc_result import (
    Build,
    HotFunction,
    RegallocEvaluation,
    RegallocProgram,
    Totals,
    totals,
)
from mlgo.evaluate.size_cells import tone_of
from mlgo.report import Cell, Code, Column, Page, Section, Stat, Table, Text, charts
from mlgo.report.numbers import percent, ratio, signed, thousands

_WHAT = ("weighted", "instructions", "reads", "writes")


def regalloc_page(evaluation: RegallocEvaluation) -> Page:
    """Returns the report as a page, to render or to write."""
    subject, settings = evaluation.subject, evaluation.settings
    builds: tuple[Build, ...] = settings.builds[2:]
    sections = [_failures(evaluation), _means(totals(evaluation))]
    sections += [_counted(evaluation, build) for build in builds]
    sections += [_functions(evaluation), _sizes(evaluation), _time(evaluation)]
    sections += [_reproduce(evaluation)]
    pgo = "with PGO" if settings.pgo else "without PGO"
    return Page(
        title=f"Register allocation: the {subject.policy} policy against stock {settings.level}",
        subtitle=f"clang {subject.llvm_version}, {subject.machine}, {pgo}",
        stats=_stats(evaluation),
        sections=tuple(section for section in sections if section.blocks),
        footer="Weighted cost: instructions + 2 x data reads + 2 x data writes, by Cachegrind.",
    )


def _stats(evaluation: RegallocEvaluation) -> tuple[Stat, ...]:
    total = next((t for t in totals(evaluation) if t.build == "policy"), None)
    if total is None:
        return (Stat("Weighted cost", "nothing ran", tone="worse"),)
    stats = [
        Stat("Weighted cost", percent(total.weighted), "geometric mean", tone_of(total.weighted)),
        Stat("Instructions", percent(total.instructions), "", tone_of(total.instructions)),
        Stat(
            "Worst program", percent(total.worst_change), total.worst, tone_of(total.worst_change)
        ),
    ]
    if evaluation.time:
        t = evaluation.time
        stats.append(Stat("Run time", f"{t.value:.3f}", f"{t.low:.3f} to {t.high:.3f}, CPU"))
    return tuple(stats)


def _change(value: float) -> Cell:
    return Cell(percent(value), value, tone_of(value))


def _failures(evaluation: RegallocEvaluation) -> Section:
    rows = [(Cell(p.name), Cell(p.error)) for p in evaluation.programs if p.error]
    rows += [
        (Cell(p.name), Cell(f"the outputs of {w.name} differ between the builds", tone="worse"))
        for p in evaluation.programs
        for w in p.workloads
        if not w.agree
    ]
    if not rows:
        return Section("", ())
    return Section("What failed", (Table((Column("program"), Column("why")), tuple(rows)),))


def _means(all_totals: tuple[Totals, ...]) -> Section:
    if not all_totals:
        return Section("", ())
    columns = (
        Column("build"),
        *(Column(what, numeric=True) for what in (*_WHAT, "text")),
        Column("worst, weighted", numeric=True),
        Column("program"),
    )
    rows = tuple(
        (
            Cell(total.build),
            *(_change(getattr(total, what)) for what in (*_WHAT, "text")),
            _change(total.worst_change),
            Cell(total.worst),
        )
        for total in all_totals
    )
    text = Text(
        "Geometric means over the programs of their change against stock; a program's change is "
        "the geometric mean over its workloads. Less is better."
    )
    return Section("Means", (text, Table(columns, rows)))


def _counted(evaluation: RegallocEvaluation, build: Build) -> Section:
    runs = [(p.name, w) for p in evaluation.programs for w in p.workloads]
    if not runs:
        return Section("", ())
    columns = (
        Column("program"),
        Column("workload"),
        Column("stock, M instructions", numeric=True),
        *(Column(what, numeric=True) for what in _WHAT),
    )
    rows = tuple(
        (
            Cell(name),
            Cell(w.name),
            Cell(f"{w.cost('stock').instructions / 1e6:.0f}", w.cost("stock").instructions),
            *(_change(w.change(build, what)) for what in _WHAT),
        )
        for name, w in runs
    )
    labels = [f"{name} {w.name}" for name, w in runs]
    changes = [w.change(build) for _, w in runs]
    caption = f"Weighted cost of the {build} build against stock. Less is better."
    picture = charts.change_bars(f"weighted-{build}", labels, changes, caption)
    return Section(f"Counted runs: {build} against stock", (picture, Table(columns, rows)))


def _functions(evaluation: RegallocEvaluation) -> Section:
    rows = tuple(
        (Cell(p.name), Cell(w.name), *_function_cells(function))
        for p in evaluation.programs
        for w in p.workloads
        for function in w.functions
        if function.stock_spills and function.policy_spills
    )
    if not rows:
        return Section("", ())
    columns = (
        Column("program"),
        Column("workload"),
        Column("function"),
        Column("share", numeric=True, note="of stock's weighted cost"),
        Column("weighted", numeric=True),
        Column("stack accesses", numeric=True, note="spills, reloads and folded ones, stock"),
        Column("policy", numeric=True, note="the same, with the policy"),
        Column("weighed", numeric=True, note="by block frequency, for one run of it: stock"),
        Column("policy", numeric=True, note="the same, with the policy"),
    )
    text = Text("The functions in which stock spends most; those of the C library left out.")
    return Section("Hot functions", (text, Table(columns, rows)))


def _function_cells(function: HotFunction) -> tuple[Cell, ...]:
    before, after = function.stock_spills, function.policy_spills
    assert before is not None
    assert after is not None
    counts = [s.spills + s.reloads + s.folded for s in (before, after)]
    change = function.policy.weighted / function.stock.weighted - 1
    return (
        Cell(function.name),
        Cell(f"{100 * function.share:.1f}\N{NO-BREAK SPACE}%", function.share),
        _change(change),
        Cell(thousands(counts[0]), counts[0]),
        Cell(f"{thousands(counts[1])} ({signed(counts[1] - counts[0])})", counts[1]),
        Cell(f"{before.memory_cost:.2f}", before.memory_cost),
        Cell(f"{after.memory_cost:.2f}", after.memory_cost),
    )


def _sizes(evaluation: RegallocEvaluation) -> Section:
    rows = tuple(
        row for p in evaluation.programs if not p.error for row in _size_rows(p, evaluation)
    )
    columns = (
        Column("program"),
        Column("build"),
        Column("bytes of .text", numeric=True),
        Column("change", numeric=True),
        *(Column(what, numeric=True) for what in ("spills", "reloads", "folded", "copies")),
        Column("code generation, CPU s", numeric=True),
    )
    return Section("Code size and spill code", (Table(columns, rows),)) if rows else Section("", ())


def _size_rows(program: RegallocProgram, evaluation: RegallocEvaluation) -> list[tuple[Cell, ...]]:
    stock = program.size("stock")
    rows = []
    for build in evaluation.settings.builds:
        size = program.size(build)
        counts = (size.spills, size.reloads, size.folded, size.copies)
        rows.append(
            (
                Cell(program.name),
                Cell(build),
                Cell(thousands(size.text), size.text),
                _change(size.text / stock.text - 1),
                *(Cell(thousands(count), count) for count in counts),
                Cell(f"{size.seconds:.2f}", size.seconds),
            )
        )
    return rows


def _time(evaluation: RegallocEvaluation) -> Section:
    timed = [
        (f"{p.name} {w.name}", w.time) for p in evaluation.programs for w in p.workloads if w.time
    ]
    if not timed:
        return Section("", ())
    ratios = [(t.value, t.low, t.high) for _, t in timed]
    caption = "CPU time with the policy, against stock."
    picture = charts.ratio_intervals("run-time", [name for name, _ in timed], ratios, caption)
    columns = (Column("workload"), Column("policy / stock", numeric=True))
    rows = tuple(
        (Cell(name), Cell(ratio(*triple), triple[0]))
        for (name, _), triple in zip(timed, ratios, strict=True)
    )
    text = Text(
        f"CPU time of {evaluation.settings.rounds} runs each, in turns, with 95 % confidence "
        "intervals. Differences of a percent need a quiet machine; the counts above do not."
    )
    return Section("Run time", (text, picture, Table(columns, rows)))


def _reproduce(evaluation: RegallocEvaluation) -> Section:
    s = evaluation.subject
    identical = [
        (
            p.name,
            f"{p.version}, .dsc {p.origin_sha256[:16]}, profile {p.profile_sha256[:16] or 'none'}; "
            f"objects with stock's bytes: control {p.control_identical}, policy "
            f"{p.policy_identical} of {p.modules}",
        )
        for p in evaluation.programs
    ]
    facts = [
        ("clang", s.llvm_version),
        ("plugin", f"{thousands(s.plugin_bytes)} bytes, sha256 {s.plugin_sha256}"),
        ("model in the plugin", s.model or "none"),
        ("policy", s.policy + (f", sha256 {s.weights_sha256}" if s.weights_sha256 else "")),
        ("seed", str(s.seed)),
        *identical,
    ]
    rows = tuple((Cell(name), Cell(value)) for name, value in facts)
    code = Code(shlex.join(evaluation.command))
    return Section("How to repeat this", (code, Table((Column("what"), Column("which")), rows)))
