"""How much better could the evictions of hot functions be? A long search over them.

The functions in which a program spends most are searched one by one: evictions of the best known
allocation are changed at random, the function is compiled again, and what costs no more by the
profile is kept. The program is then built with all that was found, run and counted. This is a
lower estimate of what perfect evictions would win, with the order of allocation LLVM's own.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlgo import paths
from mlgo.corpus.program import Module, Program
from mlgo.errors import UserError
from mlgo.evaluate.function_search import Choices, FunctionSearch, Tried, write_choices
from mlgo.toolchain import Toolchain
from mlgo.workloads.allocation import allocation
from mlgo.workloads.build import Built, Source, build_executable
from mlgo.workloads.optimise import Optimiser
from mlgo.workloads.profile import find_profile
from mlgo.workloads.running import Counted, prepared
from mlgo.workloads.table import find_workloads


@dataclass(frozen=True)
class Searched:
    """What the search found for one function.

    Attributes:
        function: its name.
        share: of the program's counted cost, with the default.
        questions: how often the allocator asked, with the default.
        default, best: weighted cost of the copies, loads and stores of one run of the function.
        stock, found: counted, in the measured runs.
    """

    function: str
    share: float
    questions: int
    default: float
    best: float
    stock: int
    found: int


@dataclass(frozen=True)
class Headroom:
    """What the search found for one program.

    Attributes:
        command: that repeats it.
        program: which.
        steps: compiles for each function.
        functions: those that were searched, hottest first.
        stock, found: counted weighted cost of all measured runs.
    """

    command: tuple[str, ...]
    program: str
    steps: int
    functions: tuple[Searched, ...]
    stock: int
    found: int


def find_headroom(
    toolchain: Toolchain,
    plugin: Path,
    program: Program,
    *,
    functions: int,
    steps: int,
    seed: int,
    command: Sequence[str],
    progress: Callable[[str, str], None],
) -> Headroom:
    """Searches the hottest functions of a program, and counts what that brings.

    Args:
        toolchain: the stock LLVM.
        plugin: the pass plugin.
        program: from the corpus, with workloads and a profile; built at -O2.
        functions: how many.
        steps: compiles for each.
        seed: of the search.
        command: that repeats this.
        progress: called with the program and each function that is done, and twice for the runs.

    Raises:
        UserError: something does not build or run.
    """
    folder = paths.corpus() / program.name
    source = Source(toolchain, folder, program, find_workloads(program.name), "-O2")
    profile = find_profile(program.name, toolchain.release)
    optimiser = Optimiser(toolchain, folder, "-O2", profile, dict(source.workloads.removed))
    with tempfile.TemporaryDirectory(prefix="mlgo-") as scratch:
        work = Path(scratch)

        def build(name: str, choices: Path | None) -> tuple[Built, Counted]:
            extra = allocation(plugin, "default", choices=choices)
            built = build_executable(source, optimiser.optimise, extra, work / name)
            counted = _count(source, built)
            progress(program.name, name)
            return built, counted

        built, before = build("default", None)
        found: list[tuple[str, Tried, Tried]] = []
        kept: dict[str, Choices] = {}
        for name, module in _hottest(source, built, before, functions):
            search = FunctionSearch(
                toolchain, plugin, optimiser.optimise(module), name, work / f"f{len(found)}"
            )
            default, best, choices = search.climb(steps, random.Random(seed))
            found.append((name, default, best))
            kept[name] = choices
            progress(program.name, name)
        write_choices(work / "all", kept)
        _, after = build("found", work / "all")
    return Headroom(
        tuple(command),
        program.name,
        steps,
        tuple(_searched(name, default, best, before, after) for name, default, best in found),
        before.total.weighted,
        after.total.weighted,
    )


def _hottest(
    source: Source, built: Built, counted: Counted, count: int
) -> list[tuple[str, Module]]:
    """The program's own functions with spill code, by what they cost; of unique names."""
    modules = {module.name: module for module in source.modules}
    homes: dict[str, list[str]] = {}
    for module, functions in built.spills.items():
        for name, spills in functions.items():
            if spills.memory_cost or spills.copies:
                homes.setdefault(name, []).append(module)
    names = [name for name, found in homes.items() if len(found) == 1 and name in counted.functions]
    names.sort(key=lambda name: -counted.functions[name].weighted)
    return [(name, modules[homes[name][0]]) for name in names[:count]]


def _count(source: Source, built: Built) -> Counted:
    """Counts all measured runs of a program together."""
    runs = []
    for workload in source.workloads.workloads:
        with prepared(workload, workload.measure, built.executable) as runner:
            runs.append(runner.count(built.executable))
    return add_counted(runs)


def add_counted(runs: Sequence[Counted]) -> Counted:
    """Adds up runs, function by function.

    Raises:
        UserError: there are none.
    """
    if not runs:
        raise UserError("nothing ran")
    functions = {name: run.functions[name] for run in runs for name in run.functions}
    for name in functions:
        costs = [run.functions[name] for run in runs if name in run.functions]
        functions[name] = sum(costs[1:], costs[0])
    totals = [run.total for run in runs]
    digests = " ".join(run.output_sha256 for run in runs)
    return Counted(sum(totals[1:], totals[0]), functions, digests)


def _searched(name: str, default: Tried, best: Tried, before: Counted, after: Counted) -> Searched:
    stock = before.functions[name].weighted
    return Searched(
        name,
        stock / before.total.weighted,
        len(default.chosen),
        default.cost,
        best.cost,
        stock,
        after.functions[name].weighted,
    )
