"""`telamalloc explain`: draw who lies where and when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from telamalloc import engine
from telamalloc.atomic import write_bytes
from telamalloc.cli import output
from telamalloc.cli.interrupt import stop_on_signal
from telamalloc.cli.options import OutputFile, capacity_option, effort_of, effort_options
from telamalloc.engine import Effort
from telamalloc.errors import TelamallocError
from telamalloc.explain import Titled, page, picture
from telamalloc.formats.load import is_model, read_bytes, read_plan, read_problem
from telamalloc.formats.tflm.greedy import greedy_offsets
from telamalloc.formats.tflm.lifetimes import lifetimes
from telamalloc.formats.tflm.metadata import read_offsets
from telamalloc.formats.tflm.model import parse_model
from telamalloc.formats.tflm.problem import tensor_problem, tflm_problem
from telamalloc.problem import Problem
from telamalloc.solution import Solution, Status


@click.command()
@click.argument("input", type=click.Path(path_type=Path))
@click.argument("plan", type=click.Path(path_type=Path), required=False)
@click.option(
    "-o", "--output", "path", type=OutputFile(), required=True,
    help="A page (.html), or the map alone (.svg).",
)  # fmt: skip
@click.option(
    "--before", type=click.Path(path_type=Path), help="Another plan to compare with, CSV or JSON."
)
@capacity_option
@effort_options
def explain(
    input: Path,  # noqa: A002
    plan: Path | None,
    path: Path,
    before: Path | None,
    capacity: int | None,
    **options: Any,
) -> int:
    """Draw PLAN of the problem INPUT, time by offset; without PLAN, the best found.

    For a .tflite model, the map before is that of TensorFlow Lite Micro's own planner, and a
    plan inside the model is drawn as it is.

    \b
    Examples:
      telamalloc explain A.1048576.csv plan.csv -o map.html
      telamalloc explain graph.csv --before old-plan.csv -o map.html
      telamalloc explain model.tflite -o map.svg
    """  # noqa: D301
    if path.suffix not in (".html", ".svg"):
        raise click.UsageError("the output's name ends in .html or .svg")
    with stop_on_signal() as stop:
        effort = effort_of(options, stop)
        if is_model(input, read_bytes(input)):
            problem, plans = _model(input, capacity, effort)
        else:
            problem = read_problem(input, capacity)
            plans = _plans(problem, plan, before, effort)
    _write(path, input.name, problem, plans)
    output.say(f"{path}: {len(problem):,} buffers, peak {plans[-1].solution.peak:,} bytes")
    return output.SOLVED


def _plans(
    problem: Problem, plan: Path | None, before: Path | None, effort: Effort
) -> list[Titled]:
    plans = [] if before is None else [Titled("before", read_plan(before, problem))]
    title = "after" if before is not None else ""
    if plan is not None:
        return [*plans, Titled(title, read_plan(plan, problem))]
    solution = engine.minimize(problem, effort)
    _need_plan(solution, effort)
    return [*plans, Titled(title, solution)]


def _model(path: Path, capacity: int | None, effort: Effort) -> tuple[Problem, list[Titled]]:
    """A model's tensors: where the runtime would put them, and where the plan does."""
    model = parse_model(read_bytes(path))
    own = greedy_offsets(lifetimes(model))
    problem, tensors = tensor_problem(model, own)
    offsets = read_offsets(model)
    if offsets is None:
        question = tflm_problem(model, capacity)
        solution = engine.minimize(question.problem, effort)
        _need_plan(solution, effort)
        offsets = question.offsets(solution)
    if offsets[tensors].min(initial=0) < 0:
        raise TelamallocError("the model's plan leaves tensors to the runtime: nothing to draw")
    return problem.with_capacity(capacity), [
        Titled(
            "TensorFlow Lite Micro's planner", Solution.of(problem, Status.SOLVED, own[tensors])
        ),
        Titled("planned", Solution.of(problem, Status.SOLVED, offsets[tensors])),
    ]


def _need_plan(solution: Solution, effort: Effort) -> None:
    if not output.has_plan(solution):
        code = output.exit_code(solution, effort.stop.is_set())
        raise TelamallocError("there is no plan to draw", "raise --capacity or --timeout", code)


def _write(path: Path, name: str, problem: Problem, plans: list[Titled]) -> None:
    if path.suffix == ".svg":
        write_bytes(path, picture(problem, plans).encode())
        return
    from mlgo.report import write

    write(page(name, problem, plans), path)
