"""`cost-model`: the command line. Each subcommand lives in a module of its own, loaded on use."""

from __future__ import annotations

import importlib
import signal
import sys

import click

from mlgo.errors import UserError
from mlgo.examples import keep_lines

# Subcommand -> its first line of help; the module of that name has the command.
_COMMANDS = {
    "featurize": "Make kernels to rank of an HLO module.",
    "estimate-tpu": "Read a TPU compiler's tiles and estimates.",
    "bench": "Time chosen tiles against XLA as it is.",
    "tune": "Run a JAX script with tuned tiles.",
    "convert": "Turn a collection's log into kernels anew.",
    "collect": "Measure XLA:CPU's tiles on this machine.",
    "evaluate": "Judge rankings against every baseline.",
    "export": "Compile a model into a C library.",
    "inspect": "Look into a data set.",
    "leave-one-out": "Judge on a handful of kernels, each left out once.",
    "models": "Look at the models that ship.",
    "rank": "Rank the tiles of a kernel.",
    "train": "Learn to rank tiles from measurements.",
}


class _LazyGroup(click.Group):
    """Imports a subcommand's module only when it is used, so that `cost-model` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"cost_model.cli.{name.replace('-', '_')}")
        command = getattr(module, name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return keep_lines(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mlgo-suite", prog_name="cost-model")
def cost_model() -> None:
    """Choose the tile sizes of XLA's kernels with a learned cost model."""


def main() -> None:
    """Runs the command line; a user's error is two lines on stderr, never a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave nothing behind then either
    try:
        cost_model(prog_name="cost-model", standalone_mode=False)
    except UserError as error:
        _fail(str(error), error.hint, error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", "", 130)
    except OSError as error:
        name = error.filename2 or error.filename
        place = f"{name}: " if name else ""
        hint = "is the folder there and writable, and the disk not full?"
        _fail(f"{place}{error.strerror or error}", hint, 1)


def _fail(message: str, hint: str, code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    sys.exit(code)
