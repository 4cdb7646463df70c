"""Behavioural cloning alone: a policy that decides as LLVM's default; where the others start."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mlgo.inlining.dataset import Examples, concatenate
from mlgo.rollout.compiler import PluginCompiler
from mlgo.train.imitation import Imitation, imitate
from mlgo.train.objective import Objective, Problem
from mlgo.train.progress import Progress
from mlgo.train.selection import Selection


class CloneTraining:
    """One run, in a work folder of its own; see `mlgo.train.imitation` for checkpoints."""

    def __init__(
        self,
        config: Imitation,
        problem: Problem,
        compiler: PluginCompiler,
        folder: Path,
        jobs: int,
        progress: Progress,
    ) -> None:
        problem.check()
        self.config, self.folder, self.progress = config, folder, progress
        self._selection = Selection(compiler, problem, folder, jobs, progress)
        self._objective = Objective(compiler, problem, jobs)

    def run(self) -> Path:
        """Trains, and returns the path of the policy's weights."""
        samples = [found for _, found in self._objective.default]
        examples = concatenate(
            Examples(s.features, s.decisions, np.ones(len(s.decisions), np.float32))
            for s in samples
        )
        with self.progress.bar("learning", self.config.epochs) as advance:
            weights = imitate(self.config, examples, self.folder, lambda *_: advance())
        self._selection.start(weights)
        return self._selection.best
