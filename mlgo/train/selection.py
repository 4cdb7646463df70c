"""Keeps the policy that makes the validation programs smallest."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from mlgo.atomic import write_json
from mlgo.inlining.weights import Weights
from mlgo.policy import Policy
from mlgo.train.objective import Problem
from mlgo.train.validation import LinkedSize, linked_size
from mlgo.train.workspace import Workspace


@dataclass(frozen=True)
class Selection:
    """Early stopping by linked size; what was measured is kept on disk by the policy's hash.

    Attributes:
        problem: validation programs, cautions and tolerance.
        workspace: with the compiler.
    """

    problem: Problem
    workspace: Workspace

    def start(self, weights: Weights) -> None:
        """Takes a first policy, unless there is a best one already."""
        if not (self.best.exists() and self._figures.exists()):
            self._keep(weights, *self._measure(weights))

    def offer(self, name: str, weights: Weights) -> None:
        """Measures a policy at each caution, and keeps what is better than the best so far."""
        for caution in self.problem.cautions:
            candidate = dataclasses.replace(weights, default_weight=caution)
            change, worst = self._measure(candidate)
            note = f"{name}, caution {caution:g}: {change:+.2%}, worst {worst:+.2%}"
            self.workspace.progress.note(note)
            best = json.loads(self._figures.read_text())["change"]
            if worst <= self.problem.tolerance and change < best:
                self._keep(candidate, change, worst)

    def saved(self, weights: Weights) -> Path:
        """Returns the path of a policy in the work folder, for the plugin to read."""
        path = self.workspace.folder / "policies" / f"{weights.sha256[:16]}.mlgo"
        path.parent.mkdir(parents=True, exist_ok=True)
        weights.save(path)
        return path

    @property
    def best(self) -> Path:
        """The best policy's weights."""
        return self.workspace.folder / "best.mlgo"

    @property
    def _figures(self) -> Path:
        return self.workspace.folder / "best.json"

    def _keep(self, weights: Weights, change: float, worst: float) -> None:
        weights.save(self.best)
        write_json(self._figures, {"change": change, "worst": worst})  # last: a kill keeps it again

    def _measure(self, weights: Weights) -> tuple[float, float]:
        base = self._size("default", Policy("default"))
        path = self.saved(weights)
        size = self._size(path.stem, Policy("file", weights=path))
        return size.change(base), size.worst(base)

    def _size(self, name: str, policy: Policy) -> LinkedSize:
        file = self.workspace.folder / "validation" / f"{name}.json"
        if file.exists():
            return LinkedSize(json.loads(file.read_text()))
        workspace = self.workspace
        size = linked_size(workspace.compiler, self.problem.validation, policy, workspace.jobs)
        write_json(file, size.programs)
        return size
