"""Searches the evictions of one function: compile, change a few, keep what costs no more."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgo.corpus.program import Module
from mlgo.process import check, run
from mlgo.rollout.log import read_log
from mlgo.toolchain import Toolchain
from mlgo.workloads.allocation import allocation
from mlgo.workloads.optimise import generate_code
from mlgo.workloads.scores import read_scores

# Instructions + 2 x reads + 2 x writes of each part of the score, see `mlgo.workloads.scores`.
_COSTS = (1.0, 3.0, 3.0, 5.0, 1.0, 1.0)
_MOST_CHANGES = 3  # of evictions, in one step of the search

Choices = dict[int, int]  # question of a function -> slot


@dataclass(frozen=True)
class Tried:
    """One compile of a function.

    Attributes:
        cost: of its copies, loads and stores for one run, weighted like counted runs.
        masks: int64 [questions, slots], not 0 where the slot was legal.
        chosen: int64 [questions], the slots that were taken.
    """

    cost: float
    masks: NDArray[np.int64]
    chosen: NDArray[np.int64]


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

    def compile(self, choices: Mapping[int, int]) -> Tried:
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
            return Tried(cost, np.empty((0, 0), np.int64), np.empty(0, np.int64))
        masks = rows["mask"].reshape(len(rows), -1)
        return Tried(cost, masks, rows["index_to_evict"].reshape(-1))

    def climb(self, steps: int, rng: random.Random) -> tuple[Tried, Tried, Choices]:
        """Returns the default, the best that was found, and its evictions."""
        default = best = self.compile({})
        kept: Choices = {}
        for _ in range(steps if len(default.chosen) else 0):
            choices = {**kept, **_changes(best, rng)}
            tried = self.compile(choices)
            if tried.cost <= best.cost:
                best, kept = tried, choices
        return default, best, kept


def _changes(tried: Tried, rng: random.Random) -> Choices:
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
