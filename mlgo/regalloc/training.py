"""Expert iteration for register allocation: try evictions, prefer the cheaper ones, repeat.

All steps leave their result in the work folder and are skipped when it is there: a run that was
killed goes on where it was, and ends as an uninterrupted one does.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import gin
import numpy as np

from mlgo.atomic import write_json
from mlgo.corpus.program import Module
from mlgo.errors import UserError
from mlgo.parallel import parallel_map
from mlgo.perceptron import AnyPerceptron, Perceptron
from mlgo.regalloc.allocate import Allocator
from mlgo.regalloc.explore import Alternatives, explore, load_alternatives
from mlgo.regalloc.learn import Preference, prefer
from mlgo.regalloc.weights import EvictionWeights, load_eviction_weights
from mlgo.rollout.collect import Task, tasks
from mlgo.train.progress import Progress
from mlgo.weights_file import Floats
from mlgo.workloads.allocation import AllocationKind
from mlgo.workloads.optimise import Level, Optimiser


@gin.configurable
@dataclass(frozen=True)
class RegallocTraining:
    """Hyperparameters.

    Attributes:
        train: programs to explore.
        validation: programs whose cost chooses among candidates.
        level: "-O2" or "-O3".
        profiles: use the programs' profiles (`mlgo corpus profile`), where there are some.
        modules: of each program at most.
        rounds: of exploration.
        compiles: per module and round; each tries one alternative in every function.
        cautions: values of `default_weight` to try; a larger one overrules LLVM less often.
        tolerance: how much dearer the worst validation program may become, as a fraction.
        seed: of the choice of alternatives.
    """

    train: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    level: Level = "-O2"
    profiles: bool = True
    modules: int = 40
    rounds: int = 2
    compiles: int = 16
    cautions: tuple[float, ...] = (1.0, 1.5, 2.0)
    tolerance: float = 0.001
    seed: int = 0


#: Program -> cost.
Costs = dict[str, float]


class Training:
    """One run, in a work folder of its own.

    Args:
        config: hyperparameters.
        preference: of learning.
        allocator: LLVM 22 and its plugin.
        folder: for everything that the run makes.
        jobs: compiles at a time.
        progress: where to tell.
    """

    def __init__(
        self,
        config: RegallocTraining,
        preference: Preference,
        allocator: Allocator,
        folder: Path,
        jobs: int,
        progress: Progress,
    ) -> None:
        self.config, self.preference = config, preference
        self.allocator, self.folder = allocator, folder
        self.jobs, self.progress = jobs, progress
        if not config.train or not config.validation:
            raise UserError("no programs to train or validate on", hint="RegallocTraining.train")
        overlap = set(config.train) & set(config.validation)
        if overlap:
            raise UserError(f"{min(overlap)} is in both the training and the validation set")

    def run(self) -> Path:
        """Trains, and returns the path of the best policy's weights."""
        explored: list[tuple[Task, Alternatives]] = []
        weights: Path | None = None
        for number in range(self.config.rounds):
            explored += self._explore(number, weights)
            learned = self._learn(number, explored)
            for caution in self.config.cautions:
                candidate = dataclasses.replace(learned, default_weight=caution)
                self._offer(f"round {number}, caution {caution:g}", candidate)
            weights = self.best
        if weights is None:
            raise UserError("no round of exploration: nothing learned")
        return weights

    @property
    def best(self) -> Path:
        """The best policy's weights."""
        return self.folder / "best.mlgo"

    def _explore(self, number: int, weights: Path | None) -> list[tuple[Task, Alternatives]]:
        todo = distinct(tasks(self.config.train, self.config.modules))
        with self.progress.bar(f"round {number}: exploring", len(todo)) as advance:

            def one(task: Task) -> Alternatives | None:
                try:
                    return self._explored(number, task, weights)
                except UserError as error:
                    self.progress.note(f"{task.program.name}/{task.module.name}: {error}")
                    return None
                finally:
                    advance()

            found = parallel_map(one, todo, self.jobs)
        return [(t, a) for t, a in zip(todo, found, strict=True) if a is not None and len(a)]

    def _explored(self, number: int, task: Task, weights: Path | None) -> Alternatives | None:
        file = task.file(self.folder / f"round-{number}")
        nothing = file.with_suffix(".empty")
        if file.exists():
            return load_alternatives(file)
        if nothing.exists():
            return None
        kind: AllocationKind = "file" if weights else "default"
        rng = task.site.rng(self.config.seed + number)
        module = self._optimised(task)
        found = explore(self.allocator, module, kind, weights, self.config.compiles, rng)
        file.parent.mkdir(parents=True, exist_ok=True)
        if found is None:
            nothing.touch()
        else:
            found.save(file)
        return found

    def _optimised(self, task: Task) -> Module:
        folder = task.site.folder
        profile = folder / f"profile-{self.allocator.toolchain.release}.profdata"
        used = profile if self.config.profiles and profile.exists() else None
        return Optimiser(
            self.allocator.toolchain, folder, self.config.level, profile=used
        ).optimise(task.module)

    def _learn(self, number: int, explored: list[tuple[Task, Alternatives]]) -> EvictionWeights:
        file = self.folder / f"round-{number}.mlgo"
        if not file.exists():
            parts = [found for _, found in explored]
            folder = self.folder / f"learning-{number}"
            with self.progress.bar(f"round {number}: learning", self.preference.epochs) as advance:
                weights = prefer(
                    self.preference, parts, _shares(explored), folder, lambda *_: advance()
                )
            weights.save(file)
        return load_eviction_weights(file)

    def _offer(self, name: str, candidate: Perceptron) -> None:
        """Measures a policy, and keeps it when it is better than the best so far."""
        change, worst = self._measure(candidate)
        self.progress.note(f"{name}: cost {change:+.3%}, worst {worst:+.3%}")
        file = self.folder / "best.json"
        best = json.loads(file.read_text())["change"] if file.exists() else None
        allowed = worst <= self.config.tolerance
        if best is None or (allowed and change < best):
            # Until one is good enough, the best is LLVM's default.
            kept = candidate if allowed and change < 0 else _as_default(candidate)
            kept.save(self.best)
            figures = {"change": change, "worst": worst} if kept is candidate else _NO_CHANGE
            write_json(file, figures)

    def _measure(self, weights: Perceptron) -> tuple[float, float]:
        path = self.folder / "policies" / f"{weights.sha256[:16]}.mlgo"
        path.parent.mkdir(parents=True, exist_ok=True)
        weights.save(path)
        base, costs = self._base, self._costs(path)
        changes = [costs[name] / base[name] - 1.0 for name in base]
        return float(np.exp(np.mean(np.log1p(changes))) - 1.0), max(changes)

    @cached_property
    def _base(self) -> Costs:
        return self._costs(None)

    def _cost(self, module: Module, weights: Path | None = None) -> float:
        """Returns what a module costs under a policy, or LLVM's own decisions."""
        kind: AllocationKind = "file" if weights else "default"
        return sum(self.allocator.allocate(module, kind, weights=weights).costs.values())

    def _costs(self, weights: Path | None) -> Costs:
        """Returns what the validation programs cost under a policy; kept on disk."""
        todo = distinct(tasks(self.config.validation, self.config.modules))
        modules = parallel_map(self._optimised, todo, self.jobs)
        # The optimised modules' names tell compiler, level and profile apart.
        key = hashlib.sha256(weights.read_bytes() if weights else b"")
        key.update("".join(module.bitcode for module in modules).encode())
        file = self.folder / "validation" / f"{key.hexdigest()[:16]}.json"
        if file.exists():
            return dict(json.loads(file.read_text()))

        costs: Costs = defaultdict(float)
        found = parallel_map(lambda module: self._cost(module, weights), modules, self.jobs)
        for task, value in zip(todo, found, strict=True):
            costs[task.program.name] += value
        write_json(file, costs)
        return dict(costs)


_NO_CHANGE = {"change": 0.0, "worst": 0.0}


def distinct(todo: list[Task]) -> list[Task]:
    """Leaves out what a program compiles twice, e.g. for its static and its shared library."""
    return list({(t.program.name, t.module.sha256, t.module.flags): t for t in todo}.values())


def _as_default(weights: AnyPerceptron) -> AnyPerceptron:
    kernels = (*weights.kernels[:-1], np.zeros_like(weights.kernels[-1]))
    biases = (*weights.biases[:-1], np.zeros_like(weights.biases[-1]))
    return dataclasses.replace(weights, kernels=kernels, biases=biases)


def _shares(explored: list[tuple[Task, Alternatives]]) -> list[Floats]:
    """The share of its program's dearest function that the function of each alternative costs."""
    largest: dict[str, float] = defaultdict(float)
    for task, found in explored:
        largest[task.program.name] = max(largest[task.program.name], float(found.cost.max()))
    return [found.cost / (largest[task.program.name] or 1.0) for task, found in explored]
