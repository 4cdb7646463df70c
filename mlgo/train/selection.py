"""Keeps the policy that makes the validation programs smallest."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from mlgo.inlining.weights import Weights
from mlgo.policy import Policy
from mlgo.rollout.compiler import PluginCompiler
from mlgo.train.objective import Problem
from mlgo.train.progress import Progress
from mlgo.train.validation import LinkedSize, linked_size


@dataclass(frozen=True)
class Selection:
    """Early stopping by linked size; what was measured is kept on disk by the policy's hash.

    Attributes:
        compiler: LLVM 22 and its plugin.
        problem: validation programs, cautions and tolerance.
        folder: of the training.
        jobs: compiles at a time.
        progress: where to tell.
    """

    compiler: PluginCompiler
    problem: Problem
    folder: Path
    jobs: int
    progress: Progress

    def start(self, weights: Weights) -> None:
        """Takes a first policy, unless there is a best one already."""
        if not self.best.exists():
            self._keep(weights, *self._measure(weights))

    def offer(self, name: str, weights: Weights) -> None:
        """Measures a policy at each caution, and keeps what is better than the best so far."""
        for caution in self.problem.cautions:
            candidate = dataclasses.replace(weights, default_weight=caution)
            change, worst = self._measure(candidate)
            self.progress.note(f"{name}, caution {caution:g}: {change:+.2%}, worst {worst:+.2%}")
            best = json.loads((self.folder / "best.json").read_text())["change"]
            if worst <= self.problem.tolerance and change < best:
                self._keep(candidate, change, worst)

    @property
    def best(self) -> Path:
        """The best policy's weights."""
        return self.folder / "best.mlgo"

    def _keep(self, weights: Weights, change: float, worst: float) -> None:
        _write(self.folder / "best.json", {"change": change, "worst": worst})
        weights.save(self.best)

    def _measure(self, weights: Weights) -> tuple[float, float]:
        base = self._size("default", Policy("default"))
        path = self.folder / "policies" / f"{weights.sha256[:16]}.mlgo"
        path.parent.mkdir(parents=True, exist_ok=True)
        weights.save(path)
        size = self._size(path.stem, Policy("file", weights=path))
        return size.change(base), size.worst(base)

    def _size(self, name: str, policy: Policy) -> LinkedSize:
        file = self.folder / "validation" / f"{name}.json"
        if file.exists():
            return LinkedSize(json.loads(file.read_text()))
        size = linked_size(self.compiler, self.problem.validation, policy, self.jobs)
        _write(file, size.programs)
        return size


def _write(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".partial")
    partial.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
    partial.rename(file)
