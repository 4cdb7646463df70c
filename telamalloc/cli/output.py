"""Results: data to stdout or a file, what a person should know to stderr."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from telamalloc.answers.diagnosis import Diagnosis
from telamalloc.atomic import write_bytes
from telamalloc.problem import Problem
from telamalloc.solution import Solution, Status

SOLVED, WRONG, BAD_INPUT, INFEASIBLE, BUDGET, INTERRUPTED = 0, 1, 2, 3, 4, 130
_CODES = {
    Status.SOLVED: SOLVED,
    Status.INFEASIBLE: INFEASIBLE,
    Status.BUDGET: BUDGET,
    Status.INTERRUPTED: INTERRUPTED,
}
FORMATS = ("csv", "json", "c")


def exit_code(solution: Solution, interrupted: bool) -> int:
    """The process's exit code for an answer."""
    return INTERRUPTED if interrupted else _CODES[solution.status]


def has_plan(solution: Solution) -> bool:
    """Whether every buffer has an offset, even if the search did not come to its end."""
    return bool((solution.offsets >= 0).all())


def put_plan(problem: Problem, solution: Solution, form: str | None, path: Path | None) -> None:
    """Writes a plan, to stdout if there is no path.

    Args:
        problem: what was asked.
        solution: a whole plan.
        form: one of FORMATS; None: by the path's suffix, else CSV, or JSON for several banks.
        path: the file; it is whole or untouched.
    """
    if form is None:
        suffix = path.suffix if path is not None else ""
        fallback = "csv" if len(problem.banks) == 1 else "json"
        form = {".csv": "csv", ".json": "json", ".h": "c"}.get(suffix, fallback)
    put_text(_text(problem, solution, form, path), path)


def put_text(text: str, path: Path | None) -> None:
    """Writes text, to stdout if there is no path."""
    if path is None:
        sys.stdout.write(text)
    else:
        write_bytes(path, text.encode())


def _text(problem: Problem, solution: Solution, form: str, path: Path | None) -> str:
    if form == "json":
        from telamalloc.formats import json

        return json.write_plan(problem, solution)
    if form == "c":
        from telamalloc.formats import header

        return header.write_header(problem, solution, path.stem if path else "memory_plan")
    if len(problem.banks) > 1:
        raise click.UsageError("a plan of several banks cannot be CSV; use --format json")
    from telamalloc.formats import csv

    return csv.write(problem, solution)


def say(text: str) -> None:
    """Tells a person, on stderr."""
    click.echo(text, err=True)


def say_solution(problem: Problem, solution: Solution) -> None:
    """One line: how it ended, the peaks, the bound."""
    peaks = ", ".join(
        f"{bank.name} {peak:,} bytes" + ("" if bank.capacity is None else f" of {bank.capacity:,}")
        for bank, peak in zip(problem.banks, solution.peaks, strict=True)
    )
    if not has_plan(solution):
        say(f"{solution.status.value} after {solution.stats.seconds:.3f} s")
        return
    bound = "the least possible" if solution.optimal else f"lower bound {solution.lower_bound:,}"
    say(f"{len(problem):,} buffers: {peaks} ({bound}), {solution.stats.seconds:.3f} s")


def say_diagnosis(problem: Problem, diagnosis: Diagnosis) -> None:
    """How much memory would do, and which buffers do not fit together."""
    say(f"error: the buffers do not fit into {diagnosis.capacity:,} bytes")
    say(f"  needed: at least {diagnosis.lower_bound:,} bytes (proved)")
    if diagnosis.best is not None:
        say(f"  enough: {diagnosis.best.peak:,} bytes (a plan was found)")
    conflict = diagnosis.conflict
    if conflict is not None:
        names = [problem.id(int(row)) for row in conflict.rows]
        rest = f" and {len(names) - 12} more" if len(names) > 12 else ""
        sure = "; any one fewer would fit" if conflict.irreducible else ""
        say(f"  {len(names)} buffers cannot be together{sure}: {', '.join(names[:12])}{rest}")
    say("hint: raise --capacity, spill with --bank NAME:CAPACITY:COST, look: telamalloc explain")
