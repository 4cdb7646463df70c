"""What the evaluating commands share: progress, outputs that can be written."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from mlgo.errors import UserError


def split_names(text: str) -> list[str]:
    """Splits names that are separated by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def check_rounds(rounds: int) -> None:
    """Refuses numbers of rounds that give no confidence interval."""
    if rounds in (1, 2) or rounds < 0:
        raise UserError("--rounds takes 0, or at least 3: fewer give no confidence interval")


def check_writable(path: Path) -> None:
    """Fails now rather than after an hour of compiling."""
    if path.is_dir():
        raise UserError(f"{path} is a folder", hint="name a file")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}", hint="choose or make another folder"
        ) from error


@contextlib.contextmanager
def progress_bar(total: int, what: str = "evaluating") -> Iterator[Callable[[str, str], None]]:
    """A bar on stderr; where that is no terminal, a line for each program."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        seen: set[str] = set()

        def advance(program: str, _: str) -> None:
            bar.update(task, advance=1, description=program)
            if not console.is_terminal and program not in seen:
                click.echo(f"{what} {program}", err=True)
            seen.add(program)

        yield advance
