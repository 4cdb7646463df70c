"""The report of an inlining evaluation: what became smaller, what became bigger, at what cost."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from mlgo.evaluate.explain_page import explain_sections
from mlgo.evaluate.linked_section import linked_section, lto_section
from mlgo.evaluate.modules_section import modules_section
from mlgo.evaluate.result import Evaluation, ProgramResult
from mlgo.evaluate.size_cells import percent_or_dash, tone_of, wins_and_losses
from mlgo.evaluate.statistics import Comparison, change, totals
from mlgo.evaluate.time_section import time_section
from mlgo.report import Cell, Code, Column, Page, Section, Stat, Table, Text
from mlgo.report.numbers import percent, thousands


def inlining_page(evaluation: Evaluation) -> Page:
    """Returns the report as a page, to render or to write."""
    subject = evaluation.subject
    comparisons = totals(evaluation)
    sections = [_failures(evaluation), linked_section(evaluation, comparisons["linked"])]
    if evaluation.settings.lto:
        sections.append(lto_section(evaluation, comparisons["lto_linked"]))
    sections += [modules_section(evaluation, comparisons["objects"]), _control(evaluation)]
    if evaluation.settings.rounds:
        sections.append(time_section(evaluation))
    if evaluation.explanation:
        sections += explain_sections(evaluation.explanation)
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
        _change_stat("Linked size, geometric mean", linked.geometric_mean, wins_and_losses(linked)),
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
    return Stat(label, percent_or_dash(value), note, tone_of(value or 0))


def _bytes_note(comparison: Comparison) -> str:
    note = f"{thousands(comparison.stock)} to {thousands(comparison.policy)} bytes"
    missing = comparison.items - comparison.compared
    return note + (f"; {missing} did not build" if missing else "")


def _worst_stat(programs: Sequence[ProgramResult]) -> Stat:
    known = [(c, p.name) for p in programs if (c := change(p.linked)) is not None]
    if not known:
        return Stat("Worst program", "none built")
    worst, name = max(known)
    return Stat("Worst program", percent(worst), name, tone_of(worst))


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
