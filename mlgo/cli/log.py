"""`mlgo log`: look into a training log that the plugin wrote."""

from __future__ import annotations

from pathlib import Path

import click

from mlgo.rollout.log import read_log


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--limit", type=click.IntRange(0), default=0, help="Print so many decisions at most.")
def log(file: Path, limit: int) -> None:
    """Print FILE's decisions as tab-separated values, one decision a line.

    Write a log with: clang-22 -Oz -fpass-plugin=... -mllvm -mlgo-log=FILE -c x.c
    """
    found = read_log(file)
    names = found.rows.dtype.names or ()
    click.echo("\t".join(("module", *names)))
    rows = list(zip(found.contexts, found.rows, strict=True))
    for context, row in rows[: limit or None]:
        click.echo("\t".join((context, *(str(row[name].item()) for name in names))))
