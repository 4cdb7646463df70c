"""What learning from whole compiles maximises: how much smaller each module is than by default."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import gin

from mlgo.errors import UserError
from mlgo.inlining.reward import LinkedWeights
from mlgo.inlining.scope import Scope
from mlgo.parallel import parallel_map
from mlgo.policy import Policy
from mlgo.rollout.collect import Task, tasks
from mlgo.rollout.explore import Sizes
from mlgo.rollout.sample import Sample, sample
from mlgo.train.workspace import Workspace

gin.external_configurable(Scope, module="mlgo.inlining.scope")


@gin.configurable
@dataclass(frozen=True)
class Problem:
    """On what to learn.

    Attributes:
        train: programs to compile.
        validation: programs whose linked size chooses among candidates.
        modules: of each program to compile at most.
        link_aware: weigh functions as the linker does.
        cautions: values of `default_weight` to try; a larger one overrules LLVM less often.
        tolerance: how much bigger the worst validation program may become, as a fraction.
        budget: CPU seconds of compiling the training programs, after which learning ends; 0 for
            no limit.
    """

    train: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    modules: int = 30
    link_aware: bool = True
    cautions: tuple[float, ...] = (0.7, 1.0)
    tolerance: float = 0.002
    budget: float = 0.0

    def check(self) -> None:
        """Raises UserError where there is nothing to learn from, or nothing honest."""
        if not self.train or not self.validation:
            raise UserError("no programs to train or validate on", hint="see Problem.train")
        overlap = set(self.train) & set(self.validation)
        if overlap:
            raise UserError(f"{min(overlap)} is in both the training and the validation set")

    def over(self, spent: float, share: float = 1.0) -> bool:
        """Returns whether the CPU seconds spent are a share of the budget, or more."""
        return 0 < self.budget * share <= spent


class Objective:
    """Compiles modules, and rewards them: 1 - size / size by default, as the linker counts.

    Args:
        problem: programs.
        workspace: with the compiler.
    """

    def __init__(self, problem: Problem, workspace: Workspace) -> None:
        problem.check()
        self._workspace = workspace
        todo = tasks(problem.train, problem.modules)
        found = self.samples([(task, Policy("default")) for task in todo])
        #: Modules that have something to decide, with their samples by default.
        self.default = [(t, s) for t, s in zip(todo, found, strict=True) if s and len(s.decisions)]
        if not self.default:
            raise UserError("no module of the training programs has a call to decide about")
        self._weights = self._linked_weights() if problem.link_aware else {}
        self._base = {self._key(task): s.sizes for task, s in self.default}

    def samples(self, todo: Sequence[tuple[Task, Policy]]) -> list[Sample | None]:
        """Compiles modules under policies; None for one that failed."""
        found = parallel_map(lambda item: self._sample(*item), todo, self._workspace.jobs)
        self._workspace.spend(sum(s.seconds for s in found if s))
        return found

    def reward(self, task: Task, sizes: Sizes) -> float:
        """Returns the share of the default's size that is saved; negative when it is bigger."""
        weights = self._weights.get(task.program.name) or LinkedWeights([])
        base = weights.size(self._base[self._key(task)])
        return 1.0 - weights.size(sizes) / base if base else 0.0

    def bytes(self, task: Task, sizes: Sizes) -> float:
        """Returns the weighted bytes that are saved."""
        weights = self._weights.get(task.program.name) or LinkedWeights([])
        return weights.size(self._base[self._key(task)]) - weights.size(sizes)

    def _sample(self, task: Task, policy: Policy) -> Sample | None:
        try:
            return sample(self._workspace.compiler, task.site.folder, task.module, policy)
        except UserError:
            return None

    def _linked_weights(self) -> dict[str, LinkedWeights]:
        by_program: dict[str, list[Sizes]] = defaultdict(list)
        for task, found in self.default:
            by_program[task.program.name].append(found.sizes)
        return {name: LinkedWeights(sizes) for name, sizes in by_program.items()}

    @staticmethod
    def _key(task: Task) -> tuple[str, str]:
        return task.program.name, task.module.name
