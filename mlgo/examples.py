"""Examples in a command's help, line by line."""

from __future__ import annotations

import click


def keep_lines(command: click.Command) -> click.Command:
    r"""Makes click keep the lines below a `\b`, in a command and its subcommands.

    click looks for the backspace character; a raw docstring has a backslash and a b instead, and
    its examples would be filled like prose.
    """
    if command.help:
        command.help = command.help.replace("\\b\n", "\b\n")
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            keep_lines(inner)
    return command
