import importlib

import click
import pytest
from click.testing import CliRunner

from mlgo.examples import keep_lines


def test_examples_keep_their_lines() -> None:
    @click.group()
    def group() -> None:
        r"""Many words.

        \b
        first line
        second line
        """

    group.command(name="inner")(click.pass_context(lambda _: None))
    keep_lines(group)
    text = CliRunner().invoke(group, ["--help"]).output
    assert "  first line\n  second line\n" in text
    assert "\\b" not in text


@pytest.mark.parametrize("module", ["mlgo", "cost_model"])
def test_no_commands_help_shows_the_mark(module: str) -> None:
    group = getattr(importlib.import_module(f"{module}.cli"), module)
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        commands = [command, *getattr(command, "commands", {}).values()]
        for found in commands:
            assert "\\b" not in found.get_help(click.Context(found)), found.name
