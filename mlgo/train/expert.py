"""Expert iteration: explore flips around the policy, imitate the better actions, repeat.

Behavioural cloning of LLVM's default comes first. Then, in each round, decisions of the current
policy at its boldest are flipped and measured (mlgo/rollout), a policy learns the better action of
each with the bytes at stake as weight, and the candidate that makes the validation programs
smallest is kept if it beats the best so far.

All steps leave their result in the work folder and are skipped when it is there: a run that was
killed goes on where it was, and ends as an uninterrupted one does.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gin

from mlgo.errors import UserError
from mlgo.inlining.dataset import Examples, better_actions, concatenate, decisions
from mlgo.inlining.weights import Weights, load_weights
from mlgo.policy import Policy
from mlgo.rollout.collect import Collected, collect, tasks
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.executor import Executor
from mlgo.train.imitation import Imitation, imitate
from mlgo.train.progress import Progress
from mlgo.train.validation import LinkedSize, linked_size


@gin.configurable
@dataclass(frozen=True)
class ExpertIteration:
    """Hyperparameters.

    Attributes:
        train: programs to explore.
        validation: programs whose linked size chooses among candidates.
        rounds: of exploration.
        modules: of each program to explore at most.
        flips: alternatives per module and round.
        clip: bytes above which a change counts no more.
        link_aware: weigh functions as the linker does.
        cautions: values of `default_weight` to try; a larger one overrules LLVM less often.
        tolerance: how much bigger the worst validation program may become, as a fraction.
        seed: of the choice of flips.
    """

    train: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    rounds: int = 2
    modules: int = 60
    flips: int = 20
    clip: float = 100.0
    link_aware: bool = True
    cautions: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0)
    tolerance: float = 0.002
    seed: int = 0


@dataclass(frozen=True)
class Candidate:
    """A policy and what it does to the validation programs.

    Attributes:
        weights: the policy.
        change: of the linked size in all, e.g. -0.01.
        worst: of the program that fares worst.
    """

    weights: Weights
    change: float
    worst: float


class Training:
    """One run, in a work folder of its own.

    Args:
        config: hyperparameters.
        executor: of the explorations.
        compiler: LLVM 22 and its plugin.
        folder: for everything that the run makes.
        jobs: compiles of the validation programs at a time.
        progress: where to tell.
    """

    def __init__(
        self,
        config: ExpertIteration,
        executor: Executor,
        compiler: PluginCompiler,
        folder: Path,
        jobs: int,
        progress: Progress,
    ) -> None:
        self.config = config
        self.executor = executor
        self.compiler = compiler
        self.folder = folder
        self.jobs = jobs
        self.progress = progress
        if not config.train or not config.validation:
            raise UserError("no programs to train or validate on", hint="see ExpertIteration.train")
        overlap = set(config.train) & set(config.validation)
        if overlap:
            raise UserError(f"{min(overlap)} is in both the training and the validation set")

    def run(self) -> Path:
        """Trains, and returns the path of the best policy's weights."""
        rounds = [self._explore(0, Policy("default"))]
        clone = self._clone(rounds[0])
        base = self._baseline()
        best = Candidate(clone, *self._validate("clone", clone, base))
        weights = clone
        for number in range(self.config.rounds):
            if number > 0:
                rounds.append(self._explore(number, self._file_policy(self._bold(weights))))
            weights = self._imitate(number, rounds)
            for candidate in self._candidates(number, weights, base):
                if self._better(candidate, best):
                    best = candidate
            self.progress.note(f"round {number}: best {best.change:+.2%} on validation")
            best.weights.save(self.folder / "best.mlgo")
        return self.folder / "best.mlgo"

    def _explore(self, number: int, policy: Policy) -> list[Collected]:
        todo = tasks(self.config.train, self.config.modules)
        store = self.folder / f"round-{number}" / "explorations"
        with self.progress.bar(f"round {number}: exploring modules", len(todo)) as advance:
            found = collect(
                self.compiler,
                todo,
                policy,
                store,
                flips=self.config.flips,
                seed=self.config.seed + number,
                executor=self.executor,
                done=lambda _: advance(),
            )
        for item in found:
            if item.error:
                self.progress.note(f"left out: {item.task.program.name}: {item.error}")
        return found

    def _clone(self, explored: list[Collected]) -> Weights:
        with gin.config_scope("clone"):
            return self._fit("clone", Imitation(), decisions(explored))

    def _imitate(self, number: int, rounds: list[list[Collected]]) -> Weights:
        parts = [
            better_actions(found, self.config.clip, self.config.link_aware) for found in rounds
        ]
        with gin.config_scope("improve"):
            return self._fit(f"round-{number}", Imitation(), concatenate(parts))

    def _fit(self, name: str, config: Imitation, examples: Examples) -> Weights:
        file = self.folder / name / "weights.mlgo"
        if file.exists():
            return load_weights(file)
        with self.progress.bar(f"{name}: learning", config.epochs * config.members) as advance:
            weights = imitate(config, examples, self.folder / name, lambda *_: advance())
        weights.save(file)
        return weights

    def _candidates(self, number: int, weights: Weights, base: LinkedSize) -> list[Candidate]:
        found = []
        for caution in self.config.cautions:
            candidate = dataclasses.replace(weights, default_weight=caution)
            name = f"round-{number}/caution-{caution:g}"
            found.append(Candidate(candidate, *self._validate(name, candidate, base)))
        return found

    def _bold(self, weights: Weights) -> Weights:
        """The policy of the least caution: its mistakes are what the next round is to teach."""
        return dataclasses.replace(weights, default_weight=min(self.config.cautions))

    def _better(self, candidate: Candidate, best: Candidate) -> bool:
        return candidate.worst <= self.config.tolerance and candidate.change < best.change

    def _baseline(self) -> LinkedSize:
        return self._cached("baseline", Policy("default"))

    def _validate(self, name: str, weights: Weights, base: LinkedSize) -> tuple[float, float]:
        size = self._cached(name, self._file_policy(weights))
        change, worst = size.change(base), size.worst(base)
        self.progress.note(f"{name}: {change:+.2%} on validation, worst program {worst:+.2%}")
        return change, worst

    def _cached(self, name: str, policy: Policy) -> LinkedSize:
        file = self.folder / f"{name}.json"
        if file.exists():
            raw: dict[str, Any] = json.loads(file.read_text())
            return LinkedSize(raw)
        size = linked_size(self.compiler, self.config.validation, policy, self.jobs)
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(file.name + ".partial")
        partial.write_text(json.dumps(size.programs, indent=1, sort_keys=True) + "\n")
        partial.rename(file)
        return size

    def _file_policy(self, weights: Weights) -> Policy:
        folder = self.folder / "policies"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{weights.sha256[:16]}.mlgo"
        weights.save(path)
        return Policy("file", weights=path)
