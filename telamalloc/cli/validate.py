"""`telamalloc validate`: check a plan, apart from the solver."""

from __future__ import annotations

from pathlib import Path

import click

from telamalloc.cli import output
from telamalloc.cli.options import capacity_option
from telamalloc.errors import FormatError
from telamalloc.formats.load import is_model, read_bytes, read_plan, read_problem
from telamalloc.validate import Violation
from telamalloc.validate import validate as check


@click.command()
@click.argument("input", type=click.Path(path_type=Path))
@click.argument("plan", type=click.Path(path_type=Path), required=False)
@capacity_option
def validate(input: Path, plan: Path | None, capacity: int | None) -> int:  # noqa: A002
    """Check PLAN (CSV or JSON) against the problem INPUT, or the plan inside a .tflite INPUT.

    Names the broken rule and the buffers, and leaves with 1 if there is any.

    \b
    Examples:
      telamalloc validate A.1048576.csv plan.csv
      telamalloc validate planned.tflite
    """  # noqa: D301
    if plan is None:
        violations, what = _model(input)
    else:
        problem = read_problem(input, capacity)
        solution = read_plan(plan, problem)
        violations = check(problem, solution)
        what = f"{len(problem):,} buffers, peak {solution.peak:,} bytes"
    for violation in violations:
        output.say(f"error: {violation}")
    if violations:
        return output.WRONG
    click.echo(f"the plan is right: {what}")
    return output.SOLVED


def _model(path: Path) -> tuple[tuple[Violation, ...], str]:
    data = read_bytes(path)
    if not is_model(path, data):
        raise click.UsageError("a problem needs a PLAN to be checked; only .tflite carries its own")
    from telamalloc.formats.tflm.metadata import read_offsets
    from telamalloc.formats.tflm.model import parse_model
    from telamalloc.formats.tflm.problem import arena_size, check_offsets

    model = parse_model(data)
    offsets = read_offsets(model)
    if offsets is None:
        raise FormatError(f"{path} carries no plan", f"make one: telamalloc plan {path} -o OUT")
    return check_offsets(model, offsets), f"arena of {arena_size(model, offsets):,} bytes"
