"""Behavioural cloning alone: a policy that decides as LLVM's default; where the others start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlgo.inlining.dataset import Examples, concatenate
from mlgo.train.imitation import Imitation, imitate_once
from mlgo.train.objective import Objective, Problem
from mlgo.train.selection import Selection
from mlgo.train.workspace import Workspace


@dataclass(frozen=True)
class CloneTraining:
    """One run; see `mlgo.train.imitation` for checkpoints.

    Attributes:
        config: hyperparameters.
        problem: programs.
        workspace: where.
    """

    config: Imitation
    problem: Problem
    workspace: Workspace

    def run(self) -> Path:
        """Trains, and returns the path of the policy's weights."""
        samples = [found for _, found in Objective(self.problem, self.workspace).default]
        examples = concatenate(
            Examples(s.features, s.decisions, np.ones(len(s.decisions), np.float32))
            for s in samples
        )
        weights = imitate_once(self.config, examples, "clone", self.workspace)
        selection = Selection(self.problem, self.workspace)
        selection.start(weights)
        return selection.best
