"""How much better could the evictions of hot functions be? A long search over them.

The functions in which a program spends most are searched one by one: evictions of the best known
allocation are changed at random, the function is compiled again, and what costs no more by the
profile is kept. The program is then built with all that was found, run and counted. This is a
lower estimate of what perfect evictions would win, with the order of allocation LLVM's own.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgo import paths
from mlgo.corpus.program import Module, Program
from mlgo.errors import UserError
from mlgo.process import check, run
from mlgo.rollout.log import read_log
from mlgo.toolchain import Toolchain
from mlgo.workloads.allocation import allocation
from mlgo.workloads.build import Built, Source, build_executable
from mlgo.workloads.optimise import Optimiser, generate_code
from mlgo.workloads.profile import find_profile
from mlgo.workloads.running import Counted, prepared
from mlgo.workloads.scores import read_scores
from mlgo.workloads.table import find_workloads

# Instructions + 2 x reads + 2 x writes of each part of the score, see `mlgo.workloads.scores`.
_COSTS = (1.0, 3.0, 3.0, 5.0, 1.0, 1.0)
_MOST_CHANGES = 3  # of evictions, in one step of the search

Choices = dict[int, int]  # question of a function -> slot


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


@dataclass(frozen=True)
class _Tried:
    cost: float
    masks: NDArray[np.int64]  # [questions, slots]
    chosen: NDArray[np.int64]  # [questions]


class FunctionSearch:
    """Compiles one function, alone in its module, with evictions that are given."""

    def __init__(
        self, toolchain: Toolchain, plugin: Path, module: Module, function: str, work: Path
    ) -> None:
        work.mkdir(parents=True)
        bitcode = work / "function.bc"
        argv: list[str | Path] = [toolchain.tool("llvm-extract"), f"--func={function}"]
        check(run([*argv, module.bitcode, "-o", bitcode]), f"extracting {function}")
        self._toolchain = toolchain
        self._plugin = plugin
        self._module = replace(module, bitcode=str(bitcode))
        self._function = function
        self._work = work

    def compile(self, choices: Mapping[int, int]) -> _Tried:
        """Returns what the allocation costs with these evictions, and what was asked."""
        scores, log, listed = self._work / "scores", self._work / "log", self._work / "choices"
        scores.mkdir(exist_ok=True)
        log.unlink(missing_ok=True)
        write_choices(listed, {self._function: choices})
        extra = allocation(self._plugin, "default", scores=scores, choices=listed, log=log)
        generate_code(self._toolchain, self._module, "-O2", self._work / "x.o", extra)
        score = read_scores(scores)[self._function]
        cost = float(np.dot(score.parts, _COSTS))
        rows: Any = read_log(log).rows if log.exists() else ()
        if not len(rows):
            return _Tried(cost, np.empty((0, 0), np.int64), np.empty(0, np.int64))
        masks = rows["mask"].reshape(len(rows), -1)
        return _Tried(cost, masks, rows["index_to_evict"].reshape(-1))

    def climb(self, steps: int, rng: random.Random) -> tuple[_Tried, _Tried, Choices]:
        """Returns the default, the best that was found, and its evictions."""
        default = best = self.compile({})
        kept: Choices = {}
        for _ in range(steps if len(default.chosen) else 0):
            choices = {**kept, **_changes(best, rng)}
            tried = self.compile(choices)
            if tried.cost <= best.cost:
                best, kept = tried, choices
        return default, best, kept


def _changes(tried: _Tried, rng: random.Random) -> Choices:
    """A few random legal evictions in place of those that were taken."""
    changes: Choices = {}
    for _ in range(rng.randint(1, _MOST_CHANGES)):
        question = rng.randrange(len(tried.chosen))
        legal = np.flatnonzero(tried.masks[question])
        others = [int(slot) for slot in legal if slot != tried.chosen[question]]
        if others:
            changes[question] = rng.choice(others)
    return changes


def write_choices(path: Path, functions: Mapping[str, Mapping[int, int]]) -> None:
    """Writes evictions as the plugin reads them: one a line, function, question, slot."""
    lines = ["mlgo-choices-1"]
    lines += [
        f"{function}\t{question}\t{slot}"
        for function, choices in functions.items()
        for question, slot in sorted(choices.items())
    ]
    path.write_text("\n".join(lines) + "\n")


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
        found: list[tuple[str, _Tried, _Tried]] = []
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


def _searched(
    name: str, default: _Tried, best: _Tried, before: Counted, after: Counted
) -> Searched:
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
