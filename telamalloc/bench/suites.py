"""What is measured: each suite returns a table."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from telamalloc import solver
from telamalloc.bench.peers import DEFAULT, Outcome, Peer
from telamalloc.bench.table import Cell, Table
from telamalloc.formats import csv
from telamalloc.learning import generate
from telamalloc.problem import Problem
from telamalloc.solution import Status
from telamalloc.validate import validate

Say = Callable[[str], None]


def fit(folder: Path, peers: list[Peer], seconds: float, say: Say) -> Table:
    """Every file with a capacity in its name: time to a plan, one row a file."""
    table = Table(
        "Fit the capacity in the file's name",
        (
            "instance",
            "buffers",
            *(f"{p.name}: s" for p in peers),
            *(f"{p.name}: CPU s" for p in peers),
        ),
        note=f"At most {seconds:g} s each; `-`: no plan.",
    )
    for path in sorted(folder.glob("*.csv")):
        problem = csv.read(path)
        if problem.capacity is None:
            continue
        results = [p.measure(problem, seconds) for p in peers]
        solved = [r.status is Status.SOLVED for r in results]
        walls = [_seconds(r.wall, ok) for r, ok in zip(results, solved, strict=True)]
        cpus = [_seconds(r.cpu, ok) for r, ok in zip(results, solved, strict=True)]
        table.add(path.name, len(problem), *walls, *cpus)
        say(f"{path.name}: {', '.join(walls)}")
    sums = [_column_sum(table, i) for i in range(2, 2 + 2 * len(peers))]
    table.add("sum", "", *sums)
    return table


def held_out(number: int, peers: list[Peer], seconds: float, patience: float, say: Say) -> Table:
    """Tight generated instances that nothing was trained on.

    Args:
        number: how many instances.
        peers: who takes part.
        seconds: processor time within which a plan counts.
        patience: the clock may run so many times longer, for machines that do other work too.
        say: told of progress.
    """
    instances = list(generate.tight_set(number, held_out=True))
    fills = [i.fill for i in instances]
    sizes = [len(i.problem) for i in instances]
    table = Table(
        f"{number} held-out tight instances",
        (
            *("solver", "solved", "share"),
            *("median CPU s", "90 % CPU s", "99 % CPU s", "sum CPU s", "nodes"),
        ),
        note=f"{min(sizes)}-{max(sizes)} buffers, fill {min(fills):.2f}-{max(fills):.2f}; "
        f"a plan counts within {seconds:g} s of processor time.",
    )
    by_family = Table(
        "The same by family: solved", ("solver", *generate.FAMILIES), note="Share of the family."
    )
    for peer in peers:
        results = [peer.measure(i.problem, seconds * patience) for i in instances]
        table.add(peer.name, *_summary(results, seconds))
        by_family.add(peer.name, *_by_family(instances, results, seconds))
        say(f"{peer.name}: {table.rows[-1][1]} of {number}")
    table.below = by_family
    return table


def _by_family(
    instances: list[generate.Instance], results: list[Outcome], seconds: float
) -> list[str]:
    shares = []
    for family in generate.FAMILIES:
        own = [
            r.status is Status.SOLVED and r.cpu <= seconds
            for i, r in zip(instances, results, strict=True)
            if i.name.startswith(family + "-")
        ]
        shares.append(f"{np.mean(own):.0%}" if own else "-")
    return shares


def _summary(results: list[Outcome], seconds: float) -> list[Cell]:
    times = np.array([r.cpu if r.status is Status.SOLVED else np.inf for r in results])
    solved = int((times <= seconds).sum())
    cells: list[Cell] = [solved, f"{solved / len(results):.1%}"]
    for share in (50, 90, 99):
        value = float(np.percentile(times, share, method="higher"))
        cells.append(f"{value:.4f}" if value <= seconds else f"> {seconds:g}")
    spent = sum(min(r.cpu, seconds) for r in results)
    return [*cells, f"{spent:.1f}", sum(r.nodes for r in results)]


def minimize(folder: Path, seconds: float, say: Say) -> Table:
    """The lowest peak of every file, beside the bound and the capacity in its name."""
    table = Table(
        f"Minimize the peak: {folder.name}",
        ("instance", "buffers", "peak", "lower bound", "peak / bound", "capacity", "s", "CPU s"),
        note=f"At most {seconds:g} s each.",
    )
    for path in sorted(folder.glob("*.csv")):
        problem = csv.read(path)
        row = _minimized(problem.with_capacity(None), seconds)
        table.add(path.name, len(problem), *row[:3], problem.capacity or "", *row[3:])
        say(f"{path.name}: {row[2]} of the bound in {row[3]} s")
    return table


def _minimized(problem: Problem, seconds: float) -> list[Cell]:
    params = replace(DEFAULT, timeout=seconds)
    outcome = Peer("", lambda p, s: solver.minimize(p, params))
    found = solver.minimize(problem, params)
    measured = outcome.measure(problem, seconds) if found.stats.seconds < 1 else None
    if validate(problem, found, limit=1):
        raise AssertionError("a wrong plan")
    ratio = found.peak / found.lower_bound
    cpu = f"{measured.cpu:.4f}" if measured else ""
    return [found.peak, found.lower_bound, f"{ratio:.5f}", f"{found.stats.seconds:.4f}", cpu]


def scale(largest: int, seconds: float, say: Say) -> Table:
    """Generated problems of growing size, up to `largest` buffers."""
    table = Table(
        "Growth: minimize generated problems",
        ("buffers", "live at once", "peak / bound", "s", "most memory so far, MiB"),
        note=f"At most {seconds:g} s each; lifetimes have a heavy tail, sizes are log-normal.",
    )
    count = 1000
    while count <= largest:
        problem = generate.many(count, seed=1)
        found = solver.minimize(problem, replace(DEFAULT, timeout=seconds))
        if validate(problem, found, limit=1):
            raise AssertionError("a wrong plan")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        ratio = f"{found.peak / found.lower_bound:.5f}"
        table.add(count, generate.most_live(problem), ratio, f"{found.stats.seconds:.2f}", memory)
        say(f"{count} buffers: {ratio} of the bound in {found.stats.seconds:.2f} s")
        count *= 10
    return table


def _seconds(value: float, solved: bool) -> str:
    return f"{value:.4f}" if solved else "-"


def _column_sum(table: Table, column: int) -> str:
    values: Iterable[Cell] = (row[column] for row in table.rows)
    numbers = [str(v) for v in values]
    return "-" if "-" in numbers else f"{sum(float(v) for v in numbers):.4f}"
