"""`telamalloc minimize`: the plan with the lowest peak."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from telamalloc import engine
from telamalloc.cli import output
from telamalloc.cli.interrupt import stop_on_signal
from telamalloc.cli.options import OutputFile, capacity_option, effort_of, effort_options
from telamalloc.formats.load import read_problem


@click.command()
@click.argument("input", type=click.Path(path_type=Path))
@click.option("-o", "--output", "path", type=OutputFile(), help="Else stdout.")
@click.option("--format", "form", type=click.Choice(output.FORMATS), help="Of the plan.")
@click.option("--optimal", is_flag=True, help="Leave with 4 if the peak is not proved the least.")
@capacity_option
@effort_options
def minimize(
    input: Path,  # noqa: A002
    path: Path | None,
    form: str | None,
    optimal: bool,
    capacity: int | None,
    **options: Any,
) -> int:
    """Find the plan of INPUT's buffers with the lowest peak that the time allows.

    The lower bound on stderr says how good it is. A capacity, from the option or the file's
    name, is an upper limit.

    \b
    Examples:
      telamalloc minimize graph.csv -o plan.csv
      telamalloc minimize model.tflite --format json
      telamalloc minimize graph.csv --optimal --timeout 600   # a proof, or exit code 4
    """  # noqa: D301
    problem = read_problem(input, capacity)
    with stop_on_signal() as stop:
        solution = engine.minimize(problem, effort_of(options, stop))
        output.say_solution(problem, solution)
        if output.has_plan(solution):
            output.put_plan(problem, solution, form, path)
        code = output.exit_code(solution, stop.is_set())
        return output.BUDGET if optimal and code == output.SOLVED and not solution.optimal else code
