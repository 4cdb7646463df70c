"""`telamalloc`: the command line. Each subcommand lives in a module of its own, loaded on use."""

from __future__ import annotations

import importlib
import os
import sys

import click

from telamalloc.errors import TelamallocError

# Subcommand -> module in this package; the module's command has the same name.
_COMMANDS = {
    "bench": "bench",
    "explain": "explain",
    "minimize": "minimize",
    "plan": "plan",
    "solve": "solve",
    "train": "train",
    "validate": "validate",
}
_FIRST_LINES = {
    "bench": "Measure the solver beside its peers.",
    "explain": "Draw who lies where and when.",
    "minimize": "Find the plan with the lowest peak.",
    "plan": "Put a plan into a model or a C header.",
    "solve": "Fit buffers into a capacity, or prove that they do not fit.",
    "train": "Train the search's decisions anew.",
    "validate": "Check a plan, apart from the solver.",
}


class _LazyGroup(click.Group):
    """Imports a subcommand's module only when it is used, so that `telamalloc` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"telamalloc.cli.{_COMMANDS[name]}")
        command = getattr(module, name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_FIRST_LINES.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mlgo-suite", prog_name="telamalloc")
def telamalloc() -> None:
    """Give buffers with known lifetimes their places in a memory, before the program runs.

    A problem is a CSV (id,lower,upper,size: live in [lower, upper), size in bytes), a JSON file,
    a .tflite model, or XLA's buffer-assignment dump.

    \b
    Examples:
      telamalloc solve graph.1048576.csv > plan.csv
      telamalloc minimize graph.csv -o plan.json
      telamalloc plan model.tflite -o planned.tflite
      telamalloc explain model.tflite -o map.html

    \b
    Exit codes:
      0    solved; for validate: the plan is right
      1    validate: the plan is wrong
      2    bad input
      3    proved: the buffers cannot fit
      4    the time or the nodes are spent, neither plan nor proof
      130  interrupted; the best plan so far is kept
    """  # noqa: D301


def main() -> None:
    """Runs the command line; a user's error is two lines on stderr, never a traceback."""
    try:
        code = telamalloc(prog_name="telamalloc", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except TelamallocError as error:
        _fail(str(error), error.hint, error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", "", 130)
    except BrokenPipeError:  # the reader, e.g. `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except MemoryError:
        _fail("there is not enough memory for this input", "", 2)
    except OSError as error:
        _fail(str(error), "", 2)


def _fail(message: str, hint: str, code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    sys.exit(code)
