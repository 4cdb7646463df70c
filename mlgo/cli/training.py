"""Options that all commands of `mlgo train` have."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def output_option(default: str) -> Callable[[_Command], _Command]:
    """The work folder, as `output`."""
    return click.option(
        "--output",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(default),
        show_default=True,
        help="Work folder. A run that was stopped goes on from what is there.",
    )


def settings_options(shipped: str, binding: str) -> Callable[[_Command], _Command]:
    """Hyperparameters and processes, as `config`, `bindings` and `jobs`.

    Args:
        shipped: which gin file is taken by default.
        binding: an example of a hyperparameter.
    """
    options = (
        click.option(
            "--config",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help=f"Gin file with every hyperparameter.  [default: {shipped}]",
        ),
        click.option(
            "--set",
            "bindings",
            multiple=True,
            metavar="BINDING",
            help=f"Change one hyperparameter, e.g. --set '{binding}'; may be repeated.",
        ),
        click.option(
            "--jobs", type=click.IntRange(1), default=os.cpu_count(), help="Compiles at a time."
        ),
    )

    def add(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
