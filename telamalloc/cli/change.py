"""`--what-if` and `--keep`: a plan when something changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from telamalloc import engine
from telamalloc.answers.replan import replan
from telamalloc.answers.whatif import largest_undisturbed, what_if
from telamalloc.cli import output
from telamalloc.cli.options import parse_bytes
from telamalloc.engine import Effort
from telamalloc.formats.load import read_offsets
from telamalloc.problem import Buffer, Problem
from telamalloc.solution import Solution, Status

_Command = TypeVar("_Command", bound=Callable[..., Any])
_EXTRA_ID = "what-if"


def parse_buffer(text: str) -> Buffer:
    """A buffer, written as LOWER:UPPER:SIZE.

    Raises:
        click.BadParameter: it is none.
    """
    match = re.fullmatch(r"(-?\d+):(-?\d+):(\w+)", text)
    if not match:
        raise click.BadParameter(f"{text!r} is not LOWER:UPPER:SIZE, such as 10:25:64K")
    return Buffer(_EXTRA_ID, int(match[1]), int(match[2]), parse_bytes(match[3]))


def change_options(command: _Command) -> _Command:
    """`--what-if`, `--keep` and `--max-moves`."""
    command = click.option(
        "--max-moves",
        type=click.IntRange(min=0),
        help="With --keep: so many of the kept buffers may move at most.",
    )(command)
    command = click.option(
        "--keep",
        type=click.Path(path_type=Path),
        help="An earlier plan (CSV or JSON), of which most offsets are to be kept.",
    )(command)
    return click.option(
        "--what-if",
        "extra",
        type=parse_buffer,
        metavar="LOWER:UPPER:SIZE",
        help="Ask for one more buffer, live in [LOWER, UPPER).",
    )(command)


def solve_changed(
    problem: Problem, options: dict[str, Any], effort: Effort
) -> tuple[Solution, Problem]:
    """Solves, with one more buffer or with an earlier plan kept if the options say so.

    Returns:
        The answer and the problem that it is for.
    """
    keep, extra = options["keep"], options["extra"]
    if (keep or extra) and len(problem.banks) > 1:
        raise click.UsageError("--keep and --what-if are for one bank")
    if keep is not None and extra is not None:
        raise click.UsageError("--keep and --what-if do not go together")
    if options["max_moves"] is not None and keep is None:
        raise click.UsageError("--max-moves needs --keep")
    if keep is not None:
        return _keep(problem, keep, options["max_moves"], effort), problem
    solution = engine.solve(problem, effort)
    if extra is None or solution.status is not Status.SOLVED:
        return solution, problem
    return _one_more(problem, solution, extra, effort)


def _keep(problem: Problem, path: Path, max_moves: int | None, effort: Effort) -> Solution:
    answer = replan(problem, read_offsets(path), max_moves, effort)
    if answer.solution.status is Status.SOLVED:
        fewest = "the fewest possible" if answer.fewest else "maybe not the fewest"
        names = ", ".join(problem.id(int(row)) for row in answer.moved[:12])
        output.say(f"{len(answer.moved)} buffers move ({fewest}){': ' if names else ''}{names}")
    return answer.solution


def _one_more(
    problem: Problem, plan: Solution, extra: Buffer, effort: Effort
) -> tuple[Solution, Problem]:
    room = largest_undisturbed(problem, plan, extra.lower, extra.upper)
    output.say(f"room in [{extra.lower}, {extra.upper}) while nothing moves: {room:,} bytes")
    answer = what_if(problem, plan, extra, effort)
    if answer.replanned is not None:
        how = "without moving any other" if answer.undisturbed else "if others move"
        output.say(f"one more buffer of {extra.size:,} bytes fits {how}")
        return answer.replanned, answer.problem
    if answer.peak is not None:
        output.say(f"with it, a plan of {answer.peak:,} bytes was found")
    status = Status.INFEASIBLE if answer.proved else Status.BUDGET
    nowhere = Solution.of(answer.problem, status, answer.problem.offset * 0 - 1)
    return nowhere, answer.problem
