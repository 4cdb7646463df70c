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
from dataclasses import dataclass
from pathlib import Path

import gin
import numpy as np

from mlgo.inlining.dataset import better_actions, concatenate, decisions
from mlgo.inlining.weights import Weights
from mlgo.policy import Policy
from mlgo.rollout.collect import Collected, Task, collect, tasks
from mlgo.train.imitation import Imitation, imitate_once
from mlgo.train.objective import Problem
from mlgo.train.selection import Selection
from mlgo.train.workspace import Workspace


@gin.configurable
@dataclass(frozen=True)
class ExpertIteration:
    """Hyperparameters.

    Attributes:
        rounds: of exploration; each has an equal share of the budget.
        flips: alternatives per module and round.
        clip: bytes above which a change counts no more.
        seed: of the choice of flips, and of the modules when there is a budget.
    """

    rounds: int = 2
    flips: int = 20
    clip: float = 100.0
    seed: int = 0


class ExpertTraining:
    """One run; a killed one goes on from the last explored module.

    Args:
        config: hyperparameters.
        problem: programs.
        workspace: where.
    """

    def __init__(self, config: ExpertIteration, problem: Problem, workspace: Workspace) -> None:
        problem.check()
        self.config, self.problem, self.workspace = config, problem, workspace
        self._selection = Selection(problem, workspace)

    def run(self) -> Path:
        """Trains, and returns the path of the best policy's weights."""
        rounds = [self._explore(0, Policy("default"))]
        weights = self._clone(rounds[0])
        self._selection.start(weights)
        for number in range(self.config.rounds):
            if number > 0:
                rounds.append(self._explore(number, self._bold(weights)))
            weights = self._imitate(number, rounds)
            self._selection.offer(f"round {number}", weights)
        return self._selection.best

    def _explore(self, number: int, policy: Policy) -> list[Collected]:
        todo = self._tasks()
        share = (number + 1) / self.config.rounds
        title = f"round {number}: exploring modules"
        with self.workspace.progress.bar(title, len(todo)) as advance:

            def done(item: Collected) -> None:
                self.workspace.spend(item.seconds)
                advance()

            found = collect(
                self.workspace.compiler,
                todo,
                policy,
                self.workspace.folder / f"round-{number}" / "explorations",
                flips=self.config.flips,
                seed=self.config.seed + number,
                executor=self.workspace.executor,
                done=done,
                enough=lambda: self.problem.over(self.workspace.spent, share),
            )
        for item in found:
            if item.error:
                self.workspace.progress.note(f"left out: {item.task.program.name}: {item.error}")
        return found

    def _tasks(self) -> list[Task]:
        """The modules; shuffled where a budget may end before the last."""
        todo = tasks(self.problem.train, self.problem.modules)
        if not self.problem.budget:
            return todo
        order = np.random.default_rng(self.config.seed).permutation(len(todo))
        return [todo[index] for index in order]

    def _clone(self, explored: list[Collected]) -> Weights:
        with gin.config_scope("clone"):
            return imitate_once(Imitation(), decisions(explored), "clone", self.workspace)

    def _imitate(self, number: int, rounds: list[list[Collected]]) -> Weights:
        link_aware = self.problem.link_aware
        parts = [better_actions(found, self.config.clip, link_aware) for found in rounds]
        with gin.config_scope("improve"):
            return imitate_once(Imitation(), concatenate(parts), f"round-{number}", self.workspace)

    def _bold(self, weights: Weights) -> Policy:
        """The policy of the least caution: its mistakes are what the next round is to teach."""
        bold = dataclasses.replace(weights, default_weight=min(self.problem.cautions))
        return Policy("file", weights=self._selection.saved(bold))
