"""Learns which passes to skip: find what each is worth, fit, find what it is worth then, fit again.

What was explored and learned stays in the work folder: a run that was killed goes on where it was.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from pathlib import Path

import numpy as np

from mlgo.corpus.program import Module
from mlgo.errors import UserError
from mlgo.parallel import parallel_map
from mlgo.passes.compiler import PassCompiler
from mlgo.passes.explore import Worths, explore, load_worths
from mlgo.passes.learn import PassLearning, learn
from mlgo.passes.weights import PassWeights, load_pass_weights
from mlgo.regalloc.training import Training, distinct
from mlgo.rollout.collect import Task, tasks


class PassTraining(Training):
    """One run, in a work folder of its own."""

    def run(self) -> Path:
        """Trains, and returns the path of the best policy's weights."""
        explored: dict[str, list[Worths]] = defaultdict(list)
        weights: Path | None = None
        for number in range(self.config.rounds):
            for task, found in self._find(number, weights):
                explored[task.program.name].append(found)
            learned = self._fitted(number, explored)
            for caution in self.config.cautions:
                self._offer(f"round {number}, caution {caution:g}", _shifted(learned, caution))
            weights = self.best
        if weights is None:
            raise UserError("no round of exploration: nothing learned")
        return weights

    @property
    def _compiler(self) -> PassCompiler:
        return PassCompiler(self.allocator.toolchain, self.allocator.plugin)

    def _cost(self, module: Module, weights: Path | None = None) -> float:
        return float(sum(self._compiler.sizes(module, weights).values()))

    def _find(self, number: int, weights: Path | None) -> list[tuple[Task, Worths]]:
        todo = distinct(tasks(self.config.train, self.config.modules))
        with self.progress.bar(f"round {number}: exploring", len(todo)) as advance:

            def one(task: Task) -> Worths:
                file = task.file(self.folder / f"round-{number}")
                if not file.exists():
                    file.parent.mkdir(parents=True, exist_ok=True)
                    explore(self._compiler, self._optimised(task), weights).save(file)
                advance()
                return load_worths(file)

            return list(zip(todo, parallel_map(one, todo, self.jobs), strict=True))

    def _fitted(self, number: int, explored: dict[str, list[Worths]]) -> PassWeights:
        file = self.folder / f"round-{number}.mlgo"
        if not file.exists():
            programs = [
                Worths(
                    np.concatenate([part.features for part in parts]),
                    np.concatenate([part.saved for part in parts]),
                )
                for parts in explored.values()
            ]
            learn(PassLearning(), programs).save(file)
        return load_pass_weights(file)


def _shifted(weights: PassWeights, caution: float) -> PassWeights:
    """A policy that skips less: only where the score is above a caution."""
    biases = (*weights.biases[:-1], (weights.biases[-1] - caution).astype(np.float32))
    return dataclasses.replace(weights, biases=biases)
