"""`telamalloc bench`: measure the solver beside its peers.

The options belong to the benchmark itself, `telamalloc.bench.main`, which gets all arguments.
"""

from __future__ import annotations

import importlib

import click

from telamalloc.errors import TelamallocError


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> int:
    """Measure the solver beside its peers: same instances, same machine, same run."""
    try:
        module = importlib.import_module("telamalloc.bench")
    except ModuleNotFoundError as error:
        if error.name != "telamalloc.bench":
            raise
        raise TelamallocError("the benchmark is not part of this installation") from error
    code = module.main(list(arguments))
    return code if isinstance(code, int) else 0
