"""`mlgo`: the command line. Each subcommand lives in a module of its own, loaded on use."""

from __future__ import annotations

import importlib
import signal
import sys

import click

from mlgo import __version__
from mlgo.errors import UserError
from mlgo.examples import keep_lines

# Subcommand -> module in this package; the module's command has the same name.
_COMMANDS = {
    "corpus": "corpus",
    "evaluate": "evaluate",
    "explain": "explain",
    "export": "export",
    "flags": "flags",
    "log": "log",
    "models": "models",
    "plugin": "plugin",
    "test": "test",
    "toolchain": "toolchain",
    "train": "train",
    "tune": "tune",
}


class _LazyGroup(click.Group):
    """Imports a subcommand's module only when it is used, so that `mlgo` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"mlgo.cli.{_COMMANDS[name]}")
        command = getattr(module, name)
        assert isinstance(command, click.Command)
        return keep_lines(command)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mlgo")
def mlgo() -> None:
    """Learned policies inside a stock clang: smaller and faster code by one flag."""


def main() -> None:
    """Runs the command line; a user's error is two lines on stderr, never a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave nothing behind then either
    try:
        mlgo(prog_name="mlgo", standalone_mode=False)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("error: interrupted", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
