"""`telamalloc solve`: fit buffers into a capacity, or prove that they do not fit."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from telamalloc import engine
from telamalloc.answers.diagnosis import diagnose
from telamalloc.cli import output
from telamalloc.cli.change import change_options, solve_changed
from telamalloc.cli.interrupt import stop_on_signal
from telamalloc.cli.options import (
    OutputFile,
    capacity_option,
    effort_of,
    effort_options,
    parse_bytes,
)
from telamalloc.engine import Effort
from telamalloc.formats.load import read_problem
from telamalloc.problem import Bank, Problem
from telamalloc.solution import Solution, Status


def parse_bank(text: str) -> Bank:
    """A memory, written as NAME:CAPACITY:COST; capacity and cost may be left out.

    Raises:
        click.BadParameter: it is none.
    """
    match = re.fullmatch(r"([^:]+)(?::(\w*))?(?::([\d.]*))?", text)
    if not match:
        raise click.BadParameter(f"{text!r} is not NAME:CAPACITY:COST, such as dram:64M:1.5")
    name, capacity, cost = match.groups()
    try:
        price = float(cost or 1)
    except ValueError:
        raise click.BadParameter(f"{cost!r} is no cost per byte") from None
    return Bank(name, parse_bytes(capacity) if capacity else None, price)


@click.command()
@click.argument("input", type=click.Path(path_type=Path))
@click.option("-o", "--output", "path", type=OutputFile(), help="Else stdout.")
@click.option("--format", "form", type=click.Choice(output.FORMATS), help="Of the plan.")
@click.option(
    "--bank",
    "banks",
    multiple=True,
    type=parse_bank,
    metavar="NAME:CAPACITY:COST",
    help="A further memory to spill to, and what a byte in it costs, e.g. dram::1.",
)
@click.option(
    "--diagnose", "diagnose_seconds", type=click.FloatRange(min=0), default=10.0,
    show_default=True, help="Seconds to find out why buffers do not fit; 0: do not.",
)  # fmt: skip
@capacity_option
@change_options
@effort_options
def solve(
    input: Path,  # noqa: A002
    path: Path | None,
    form: str | None,
    banks: tuple[Bank, ...],
    diagnose_seconds: float,
    capacity: int | None,
    **options: Any,
) -> int:
    """Fit the buffers of INPUT into a capacity, or prove that they do not fit.

    The plan goes to stdout as INPUT's CSV with a column `offset`. If the buffers do not fit, it
    says how many bytes would do, and which few buffers already do not fit together.

    \b
    Examples:
      telamalloc solve A.1048576.csv > plan.csv
      telamalloc solve graph.csv --capacity 1M --timeout 10 -o plan.json
      telamalloc solve graph.csv -c 512K --bank dram::1     # what must go to DRAM?
      telamalloc solve graph.csv -c 1M --what-if 10:25:64K  # room for one more?
      telamalloc solve new.csv -c 1M --keep old-plan.csv --max-moves 5
    """  # noqa: D301
    problem = _with_banks(read_problem(input, capacity), banks)
    with stop_on_signal() as stop:
        effort = effort_of(options, stop)
        solution, problem = solve_changed(problem, options, effort)
        output.say_solution(problem, solution)
        if output.has_plan(solution):
            output.put_plan(problem, solution, form, path)
        elif solution.status is Status.INFEASIBLE and not stop.is_set():
            _explain(problem, diagnose_seconds, effort)
        elif not stop.is_set():
            _say_what_is_known(problem, solution)
        return output.exit_code(solution, stop.is_set())


def _with_banks(problem: Problem, banks: tuple[Bank, ...]) -> Problem:
    if not banks:
        return problem
    return Problem.from_buffers(problem.buffers, banks=(*problem.banks, *banks))


def _explain(problem: Problem, seconds: float, effort: Effort) -> None:
    if len(problem.banks) > 1 or not seconds:
        output.say("error: no choice of banks and offsets fits")
        return
    shorter = replace(effort, params=replace(effort.params, timeout=seconds))
    output.say_diagnosis(problem, diagnose(problem, shorter))


def _say_what_is_known(problem: Problem, solution: Solution) -> None:
    bound = max(solution.lower_bound, engine.lower_bound(problem))
    known = f"; any plan needs at least {bound:,} bytes" if len(problem.banks) == 1 else ""
    output.say(f"error: neither a plan nor a proof within the budget{known}")
    output.say("hint: raise --timeout or --capacity, or ask for the least: telamalloc minimize")
