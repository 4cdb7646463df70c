"""An evaluation in a few lines of plain text, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from mlgo.evaluate.result import Evaluation, Sizes
from mlgo.evaluate.statistics import Comparison, change, totals


def summary(evaluation: Evaluation) -> str:
    """Returns a table of linked sizes, the means, and what did not build."""
    comparisons = totals(evaluation)
    programs = evaluation.programs
    lines = _table("linked .text", [(p.name, p.linked) for p in programs], comparisons["linked"])
    if evaluation.settings.lto:
        sizes = [(p.name, p.lto_linked) for p in programs]
        lines += ["", *_table("with full LTO", sizes, comparisons["lto_linked"])]
    lines += ["", _objects(comparisons["objects"]), _control(evaluation)]
    if evaluation.compile_time:
        ratio = evaluation.compile_time.policy
        interval = f"{ratio.low:.3f} to {ratio.high:.3f}"
        lines.append(f"compile time, policy / stock: {ratio.value:.3f} ({interval}) CPU")
    for program in programs:
        for f in program.failures:
            build = f.variant + (", LTO" if f.lto else "")
            lines.append(f"not built: {program.name}: {f.name} ({build}): {f.error}")
    return "\n".join(lines) + "\n"


def _table(title: str, sizes: Sequence[tuple[str, Sizes]], total: Comparison) -> list[str]:
    rows = [(title, "stock", "control", "policy", "change")]
    rows += [(name, *_numbers(size), _percent(change(size))) for name, size in sizes]
    if len(sizes) > 1:
        sums = (f"{total.stock:,}", "", f"{total.policy:,}")
        rows.append(("all that built", *sums, _percent(total.change)))
        rows.append(("geometric mean", "", "", "", _percent(total.geometric_mean)))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(_pad(row, widths)).rstrip() for row in rows]


def _pad(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    numbers = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return [row[0].ljust(widths[0]), *numbers]


def _numbers(sizes: Sizes) -> tuple[str, str, str]:
    stock, control, policy = (
        "-" if size is None else f"{size:,}" for size in (sizes.stock, sizes.control, sizes.policy)
    )
    return stock, control, policy


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{100 * fraction:+.2f} %"


def _objects(objects: Comparison) -> str:
    o = objects
    return f"objects: {o.smaller} smaller, {o.bigger} bigger, {o.same} the same of {o.items}"


def _control(evaluation: Evaluation) -> str:
    modules = [module for program in evaluation.programs for module in program.modules]
    links = [link for p in evaluation.programs for link in (*p.links, *p.lto_links)]
    objects = sum(module.control_identical is True for module in modules)
    products = sum(link.control_identical is True for link in links)
    counts = f"{objects} of {len(modules)} objects and {products} of {len(links)} products"
    return f"control: {counts} are byte-identical to stock's"
