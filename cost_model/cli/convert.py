"""`cost-model convert`: kernels from a collection's log."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import click


@click.command()
@click.argument("log", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def convert(log: Path, folder: Path) -> None:
    r"""Make kernels of LOG anew, as zip files of .npz in FOLDER, one per model family.

    The log of `cost-model collect` has what was measured and the optimized HLO, so that changed
    features cost no new measurements. Same log, same bytes.

    \b
    cost-model convert measured/log.jsonl kernels
    cost-model convert cost_model/data/xla-cpu.log.jsonl.xz cost_model/data/xla-cpu
    """
    from cost_model.dataset import write_zip
    from cost_model.measure.convert import kernels

    folder.mkdir(parents=True, exist_ok=True)
    found = sorted(kernels(log), key=lambda kernel: (kernel.family, kernel.name))
    for family, members in groupby(found, key=lambda kernel: kernel.family):
        write_zip(members, folder / f"{family}.zip")
    click.echo(f"{len(found)} kernels in {folder}", err=True)
