"""The report's sections about linked sizes: without and with full LTO."""

from __future__ import annotations

from mlgo.evaluate.result import Evaluation, LinkResult, ProgramResult
from mlgo.evaluate.size_cells import SIZE_COLUMNS, number, size_cells, sum_of, wins_and_losses
from mlgo.evaluate.statistics import Comparison, change
from mlgo.report import Cell, Column, Picture, Section, Table, Text, charts


def linked_section(evaluation: Evaluation, total: Comparison) -> Section:
    """Returns the section about linked sizes without LTO."""
    intro = Text(
        "Bytes of .text of everything that the program links, static helper libraries included. "
        f"{wins_and_losses(total)}."
    )
    blocks = [intro, *_program_blocks(evaluation, "linked", total)]
    details = [_link_row(p, link) for p in evaluation.programs for link in p.links]
    columns = (Column("program"), Column("product"), *SIZE_COLUMNS)
    blocks.append(Table(columns, tuple(details), "Every linked product", folded=True))
    return Section("Programs: linked size", tuple(blocks))


def lto_section(evaluation: Evaluation, total: Comparison) -> Section:
    """Returns the section about linked sizes with full LTO."""
    intro = Text(
        "The same programs, compiled with -flto and linked by lld with the plugin loaded into "
        f"the linker too. {wins_and_losses(total)}."
    )
    blocks = (intro, *_program_blocks(evaluation, "lto_linked", total))
    return Section("Programs: linked size with full LTO", blocks)


def _program_blocks(
    evaluation: Evaluation, attribute: str, total: Comparison
) -> tuple[Picture | Table, ...]:
    sizes = [(program, getattr(program, attribute)) for program in evaluation.programs]
    known = sorted((c, program.name) for program, size in sizes if (c := change(size)) is not None)
    columns = (Column("program"), Column("version"), Column("modules", True), *SIZE_COLUMNS)
    rows = tuple(
        (Cell(p.name), Cell(p.version), number(len(p.modules)), *size_cells(size))
        for p, size in sizes
    )
    last = (Cell("all that built"), Cell(""), Cell(""), *size_cells(sum_of(total)))
    table = Table(columns, rows, "Bytes of .text", last)
    if not known:
        return (table,)
    caption = "Change of linked size against stock. Smaller is better."
    names, changes = [name for _, name in known], [c for c, _ in known]
    return charts.change_bars(f"bars-{attribute}", names, changes, caption), table


def _link_row(program: ProgramResult, link: LinkResult) -> tuple[Cell, ...]:
    return (Cell(program.name), Cell(link.output), *size_cells(link.text))
