"""`cost-model tune`: run a JAX script with the tiles that the cost model chooses."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option(
    "--measure",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="Of the best-ranked tiles, against XLA as it is; 0 trusts the ranking.",
)
@click.option(
    "--model",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Weights of `cost-model train`, or a library of `cost-model export`.  [default: shipped]",
)
@click.option(
    "--remember/--no-remember",
    default=True,
    show_default=True,
    help="Keep choices in $MLGO_HOME/tiles, by kernel, device and XLA version.",
)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Choices, as JSON.")
@click.argument("script", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def tune(
    measure: int,
    model: Path | None,
    remember: bool,
    json_path: Path | None,
    script: Path,
    arguments: tuple[str, ...],
) -> None:
    r"""Run SCRIPT unchanged, in the environment of `make setup-xla`, on tuned matrix products.

    Each module that the script has JAX compile for the CPU and that has matrix products gets the
    tile that ranks best. With --measure, the best few are timed against what XLA does by itself,
    which is kept when it is faster. A table of the choices goes to stderr.

    \b
    cost-model tune script.py
    cost-model tune --measure 8 --json choices.json script.py --batch 32
    """
    from mlgo.atomic import write_text

    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        options = {
            "measure": measure, "model": str(model.absolute()) if model else "",
            "remember": remember, "report": report.name,
        }  # fmt: skip
        code = _run([json.dumps(options), str(script), *arguments])
        choices = json.loads(Path(report.name).read_text() or "[]")
    if choices or not code:
        _print(choices)
    if json_path:
        write_text(json_path, json.dumps(choices, indent=1) + "\n")
    if code:
        sys.exit(code)


def _run(arguments: list[str]) -> int:
    """The script's output is the user's; it ends with us."""
    from cost_model.measure import environment

    command = [str(environment.python()), "-m", "cost_model.tuning.script", *arguments]
    with subprocess.Popen(command, env=environment.variables()) as process:
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.terminate()


def _print(choices: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("module", "products (batch m k n)", "tile", "why", "against XLA's own", box=None)
    for choice in choices:
        products = ", ".join("x".join(map(str, p)) for p in choice["products"])
        times = choice["times_ns"]
        gain = f"{times['stock'] / times[choice['tile']]:.2f}x" if times else ""
        table.add_row(choice["module"], products, choice["tile"], choice["source"], gain)
    console = Console(stderr=True)
    console.print(table if choices else "no module with matrix products was compiled")
