"""The report of an inlining evaluation: what became smaller, what became bigger, at what cost."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from mlgo.evaluate.result import (
    CompileTime,
    Evaluation,
    LinkResult,
    ModuleResult,
    ProgramResult,
    Ratio,
    Sizes,
)
from mlgo.evaluate.statistics import Comparison, change, totals
from mlgo.report import Cell, Code, Column, Page, Picture, Section, Stat, Table, Text, Tone, charts
from mlgo.report.numbers import percent, ratio, signed, thousands

_SHOWN = 15  # of the modules that saved and that cost the most
_SIZE_COLUMNS = (
    Column("stock", numeric=True, note="bytes of .text, without the plugin"),
    Column("policy", numeric=True, note="bytes of .text, with the policy"),
    Column("bytes", numeric=True, note="policy minus stock"),
    Column("change", numeric=True, note="policy / stock - 1"),
    Column("result"),
)


def inlining_page(evaluation: Evaluation) -> Page:
    """Returns the report as a page, to render or to write."""
    subject = evaluation.subject
    comparisons = totals(evaluation)
    sections = [_failures(evaluation), _programs(evaluation, comparisons["linked"])]
    if evaluation.settings.lto:
        sections.append(_lto(evaluation, comparisons["lto_linked"]))
    sections += [_modules(evaluation, comparisons["objects"]), _control(evaluation)]
    if evaluation.settings.rounds:
        sections.append(_compile_time(evaluation))
    sections.append(_reproduce(evaluation))
    return Page(
        title=f"Inlining for size: the {subject.policy} policy against stock -Oz",
        subtitle=f"clang {subject.llvm_version}, {subject.machine}, {_counted(evaluation)}",
        stats=_stats(evaluation, comparisons),
        sections=tuple(section for section in sections if section.blocks),
        footer="Size: bytes of .text. Linked by lld with --gc-sections.",
    )


def _counted(evaluation: Evaluation) -> str:
    modules = sum(len(program.modules) for program in evaluation.programs)
    return f"{len(evaluation.programs)} programs, {thousands(modules)} modules"


def _stats(evaluation: Evaluation, comparisons: dict[str, Comparison]) -> tuple[Stat, ...]:
    linked = comparisons["linked"]
    stats = [
        _change_stat("Linked size, all programs", linked.change, _bytes_note(linked)),
        _change_stat("Linked size, geometric mean", linked.geometric_mean, _wins(linked)),
    ]
    if "lto_linked" in comparisons:
        lto = comparisons["lto_linked"]
        stats.append(_change_stat("With full LTO, all programs", lto.change, _bytes_note(lto)))
    stats.append(_worst_stat(evaluation.programs))
    if evaluation.compile_time:
        policy = evaluation.compile_time.policy
        note = f"{policy.low:.3f} to {policy.high:.3f}, CPU, policy / stock"
        stats.append(Stat("Compile time", f"{policy.value:.3f}", note))
    return tuple(stats)


def _change_stat(label: str, value: float | None, note: str) -> Stat:
    return Stat(label, _percent(value), note, _tone(value or 0))


def _bytes_note(comparison: Comparison) -> str:
    note = f"{thousands(comparison.stock)} to {thousands(comparison.policy)} bytes"
    missing = comparison.items - comparison.compared
    return note + (f"; {missing} did not build" if missing else "")


def _wins(comparison: Comparison) -> str:
    c = comparison
    return f"{c.smaller} smaller, {c.bigger} bigger, {c.same} the same"


def _worst_stat(programs: Sequence[ProgramResult]) -> Stat:
    known = [(c, p.name) for p in programs if (c := change(p.linked)) is not None]
    if not known:
        return Stat("Worst program", "none built")
    worst, name = max(known)
    return Stat("Worst program", percent(worst), name, _tone(worst))


def _failures(evaluation: Evaluation) -> Section:
    rows = tuple(
        (Cell(p.name), Cell(f.name), Cell(f"{f.variant}{', LTO' if f.lto else ''}"), Cell(f.error))
        for p in evaluation.programs
        for f in p.failures
    )
    if not rows:
        return Section("", ())
    columns = (Column("program"), Column("module or product"), Column("build"), Column("error"))
    text = Text(
        "These did not build. A program of which a product is missing, with stock or with the "
        "policy, is in no total below."
    )
    return Section("What did not build", (text, Table(columns, rows)))


def _programs(evaluation: Evaluation, total: Comparison) -> Section:
    intro = Text(
        "Bytes of .text of everything that the program links, static helper libraries included. "
        f"{_wins(total)}."
    )
    blocks = [intro, *_program_blocks(evaluation, "linked", total)]
    details = [_link_row(p, link) for p in evaluation.programs for link in p.links]
    columns = (Column("program"), Column("product"), *_SIZE_COLUMNS)
    blocks.append(Table(columns, tuple(details), "Every linked product", folded=True))
    return Section("Programs: linked size", tuple(blocks))


def _lto(evaluation: Evaluation, total: Comparison) -> Section:
    intro = Text(
        "The same programs, compiled with -flto and linked by lld with the plugin loaded into "
        f"the linker too. {_wins(total)}."
    )
    blocks = (intro, *_program_blocks(evaluation, "lto_linked", total))
    return Section("Programs: linked size with full LTO", blocks)


def _program_blocks(
    evaluation: Evaluation, attribute: str, total: Comparison
) -> tuple[Picture | Table, ...]:
    sizes = [(program, getattr(program, attribute)) for program in evaluation.programs]
    known = sorted((c, program.name) for program, size in sizes if (c := change(size)) is not None)
    columns = (Column("program"), Column("version"), Column("modules", True), *_SIZE_COLUMNS)
    rows = tuple(
        (Cell(p.name), Cell(p.version), _number(len(p.modules)), *_size_cells(size))
        for p, size in sizes
    )
    last = (Cell("all that built"), Cell(""), Cell(""), *_size_cells(_sum(total)))
    table = Table(columns, rows, "Bytes of .text", last)
    if not known:
        return (table,)
    caption = "Change of linked size against stock. Smaller is better."
    names, changes = [name for _, name in known], [c for c, _ in known]
    return charts.change_bars(f"bars-{attribute}", names, changes, caption), table


def _sum(total: Comparison) -> Sizes:
    return Sizes(total.stock, None, total.policy) if total.compared else Sizes(None, None, None)


def _link_row(program: ProgramResult, link: LinkResult) -> tuple[Cell, ...]:
    return (Cell(program.name), Cell(link.output), *_size_cells(link.text))


def _modules(evaluation: Evaluation, total: Comparison) -> Section:
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
        f"Bytes of .text in the object files, before linking: {_percent(total.change)} in sum, "
        f"{_percent(total.geometric_mean)} in the geometric mean; {_wins(total)}. The linker "
        "drops duplicates and unused functions, so this is not the linked size."
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
    columns = (Column("program"), Column("module"), *_SIZE_COLUMNS)
    rows = tuple((Cell(name), Cell(m.name), *_size_cells(m.text)) for name, m, _ in items)
    return Table(columns, rows, caption if rows else f"{caption}: nowhere", folded=folded)


def _control(evaluation: Evaluation) -> Section:
    checks = [
        (program.name, thing, identical)
        for program in evaluation.programs
        for thing, identical in _identities(program)
        if identical is not None
    ]
    differing = [(name, thing) for name, thing, identical in checks if not identical]
    blocks: list[Text | Table] = [
        Text(
            "The control takes LLVM's own decisions, through the plugin. "
            f"{thousands(len(checks) - len(differing))} of its {thousands(len(checks))} objects "
            "and products have the very bytes of stock's."
        )
    ]
    if differing:
        rows = tuple((Cell(name), Cell(thing)) for name, thing in differing)
        blocks.append(Table((Column("program"), Column("differs")), rows))
    return Section("The control", tuple(blocks))


def _identities(program: ProgramResult) -> list[tuple[str, bool | None]]:
    out = [(m.name, m.control_identical) for m in program.modules]
    out += [(link.output, link.control_identical) for link in program.links]
    return out + [(f"{k.output} (LTO)", k.control_identical) for k in program.lto_links]


def _compile_time(evaluation: Evaluation) -> Section:
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


def _reproduce(evaluation: Evaluation) -> Section:
    s = evaluation.subject
    facts = [
        ("clang", s.llvm_version),
        ("plugin", f"{thousands(s.plugin_bytes)} bytes, sha256 {s.plugin_sha256}"),
        ("model in the plugin", s.model),
        ("policy", s.policy + (f", sha256 {s.weights_sha256}" if s.weights_sha256 else "")),
    ]
    if s.policy == "random":
        facts.append(("seed", str(s.seed)))
    facts += [
        (p.name, f"{p.version or 'own build'}, sha256 {p.origin_sha256}{_excluded(p)}")
        for p in evaluation.programs
    ]
    rows = tuple((Cell(name), Cell(value)) for name, value in facts)
    code = Code(shlex.join(evaluation.command))
    return Section("How to repeat this", (code, Table((Column("what"), Column("which")), rows)))


def _excluded(program: ProgramResult) -> str:
    if not program.excluded:
        return ""
    return f"; not in the comparison, since not bitcode: {', '.join(program.excluded)}"


def _size_cells(sizes: Sizes) -> tuple[Cell, ...]:
    stock, policy = sizes.stock, sizes.policy
    if stock is None or policy is None:
        return (_number(stock), _number(policy), Cell(""), Cell(""), Cell("not built"))
    relative = change(sizes)
    word = {"better": "smaller", "worse": "bigger", "neutral": "same"}
    tone = _tone(policy - stock)
    return (
        _number(stock),
        _number(policy),
        Cell(signed(policy - stock), policy - stock, tone),
        Cell(_percent(relative), relative, tone),
        Cell(word[tone], tone=tone),
    )


def _number(value: int | None) -> Cell:
    return Cell("-") if value is None else Cell(thousands(value), value)


def _percent(value: float | None) -> str:
    return "-" if value is None else percent(value)


def _tone(value: float) -> Tone:
    return "better" if value < 0 else "worse" if value > 0 else "neutral"
