"""An evaluation of register allocation in a few lines of plain text, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from mlgo.evaluate.regalloc_result import Build, RegallocEvaluation, totals
from mlgo.report.numbers import percent, ratio

_WHAT = ("weighted", "instructions", "reads", "writes")


def summary(evaluation: RegallocEvaluation) -> str:
    """Returns a table of counted costs, the means, and what failed."""
    lines = []
    for build in evaluation.settings.builds[2:]:
        lines += [*_table(_rows(evaluation, build)), ""]
    lines += _means(evaluation)
    modules = sum(program.modules for program in evaluation.programs if not program.error)
    same = sum(program.control_identical for program in evaluation.programs)
    lines.append(f"control: {same} of {modules} objects are byte-identical to stock's")
    lines += _code_generation(evaluation)
    if evaluation.time:
        t = evaluation.time
        lines.append(f"run time, policy / stock: {ratio(t.value, t.low, t.high)} CPU")
    for program in evaluation.programs:
        lines += [f"failed: {program.name}: {program.error}"] if program.error else []
        lines += [
            f"wrong: {program.name}: the outputs of {workload.name} differ between the builds"
            for workload in program.workloads
            if not workload.agree
        ]
    return "\n".join(lines) + "\n"


def _rows(evaluation: RegallocEvaluation, build: Build) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [(f"{build} / stock", *_WHAT, "text")]
    for program in evaluation.programs:
        if program.error:
            continue
        text = program.size(build).text / program.size("stock").text - 1
        for workload in program.workloads:
            changes = [percent(workload.change(build, what)) for what in _WHAT]
            rows.append((f"{program.name} {workload.name}", *changes, percent(text)))
    return rows


def _means(evaluation: RegallocEvaluation) -> list[str]:
    rows: list[tuple[str, ...]] = [("geometric means", *_WHAT, "text", "worst", "program")]
    for total in totals(evaluation):
        changes = [percent(getattr(total, what)) for what in (*_WHAT, "text", "worst_change")]
        rows.append((total.build, *changes, total.worst))
    return _table(rows)


def _code_generation(evaluation: RegallocEvaluation) -> list[str]:
    """CPU time of code generation; once each, so that a percent is noise."""
    ran = [program for program in evaluation.programs if not program.error]
    stock = sum(program.size("stock").seconds for program in ran)
    if not stock:
        return []
    ratios = [
        f"{build} {sum(program.size(build).seconds for program in ran) / stock:.3f}"
        for build in evaluation.settings.builds[1:]
    ]
    return [f"code generation, CPU, against stock's {stock:.1f} s: {', '.join(ratios)}"]


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        ).rstrip()
        for row in rows
    ]
