"""Tells how far a training is: bars and notes on stderr."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

from rich import progress as rich_progress
from rich.console import Console


class Progress(Protocol):
    """Where a training tells what it does."""

    def note(self, text: str) -> None:
        """Tells one finished step."""

    def bar(self, title: str, total: int) -> contextlib.AbstractContextManager[Callable[[], None]]:
        """Begins a step of `total` parts; the callable that it yields counts one of them."""


class TerminalProgress:
    """Bars where stderr is a terminal, plain lines elsewhere; NO_COLOR is honoured."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)

    def note(self, text: str) -> None:
        """Prints a line."""
        self._console.print(text, highlight=False, markup=False)

    @contextlib.contextmanager
    def bar(self, title: str, total: int) -> Iterator[Callable[[], None]]:
        """Shows a bar with the time that is left."""
        columns = (
            rich_progress.TextColumn("{task.description}"),
            rich_progress.BarColumn(),
            rich_progress.MofNCompleteColumn(),
            rich_progress.TimeElapsedColumn(),
            rich_progress.TimeRemainingColumn(),
        )
        with rich_progress.Progress(*columns, console=self._console) as shown:
            task = shown.add_task(title, total=total)
            yield lambda: shown.advance(task)
