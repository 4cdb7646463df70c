"""Search iteration: search the training programs' decisions, imitate what was worth it, repeat.

Where expert iteration flips decisions of a policy, this searches each module as `mlgo tune` does
and learns from every flip that was tried (mlgo/train/searched.py); a kind of BC-Max (Hartvigsen et
al., 2024) in which a search stands for the several policies. Modules that were searched are kept
in the work folder: a run that was killed goes on where it was, and ends as an uninterrupted one.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import gin

from mlgo.atomic import write_json
from mlgo.errors import UserError
from mlgo.inlining.dataset import Examples, balanced, concatenate
from mlgo.inlining.reward import LinkedWeights
from mlgo.inlining.weights import load_weights
from mlgo.parallel import parallel_map
from mlgo.policy import Policy
from mlgo.rollout.collect import Task, tasks
from mlgo.rollout.explore import Sizes, measure
from mlgo.train.imitation import Imitation, imitate_once
from mlgo.train.objective import Problem
from mlgo.train.searched import Searched, flips, load_searched, save_searched, search_module
from mlgo.train.selection import Selection
from mlgo.train.workspace import Workspace

Result = TypeVar("Result")

# No network's correction comes near: LLVM's default decides, where a run begins.
_NEVER = 1e6


@gin.configurable
@dataclass(frozen=True)
class SearchIteration:
    """Hyperparameters.

    Attributes:
        rounds: of searching and learning; the next begins at the best policy so far.
        compiles: of a module and round.
        clip: bytes above which a change counts no more.
        sharing: a byte of a function that n modules of the program define counts n to the power
            of -sharing as an example. 1 is what the linker makes of it, and what the search
            counts; but a policy decides alike in all modules, so that the whole is at stake.
        balance: the examples of a program whose bytes at stake are n in all weigh n to the power of
            -balance; 0 lets large programs dominate, 1 counts all programs alike.
        prior: weights with which the first search begins; LLVM's default if empty.
        seed: of the searches.
    """

    rounds: int = 1
    compiles: int = 16
    clip: float = 200.0
    sharing: float = 0.5
    balance: float = 0.5
    prior: str = ""
    seed: int = 0


class SearchTraining:
    """One run; a killed one goes on from the last searched module.

    Args:
        config: hyperparameters.
        problem: programs.
        workspace: where.

    Raises:
        UserError: the settings make no sense.
    """

    def __init__(self, config: SearchIteration, problem: Problem, workspace: Workspace) -> None:
        problem.check()
        if problem.budget:
            raise UserError("a search has no budget of time", hint="see SearchIteration.compiles")
        self.config, self.problem, self.workspace = config, problem, workspace
        self._selection = Selection(problem, workspace)

    def run(self) -> Path:
        """Trains, and returns the path of the best policy's weights."""
        linked = self._linked_weights()
        policy = self._prior()
        parts: dict[str, list[Examples]] = {}
        for number in range(self.config.rounds):
            for program, found in self._search(number, policy, linked):
                part = flips(found, linked[program], self.config.sharing, self.config.clip)
                parts.setdefault(program, []).append(part)
            examples = balanced(map(concatenate, parts.values()), self.config.balance)
            learned = imitate_once(Imitation(), examples, f"round-{number}", self.workspace)
            self._selection.start(dataclasses.replace(learned, default_weight=_NEVER))
            self._selection.offer(f"round {number}", learned)
            policy = Policy("file", weights=self._selection.best)
        return self._selection.best

    def _prior(self) -> Policy:
        if not self.config.prior:
            return Policy("default")
        path = Path(self.config.prior)
        load_weights(path)  # a clear error now
        return Policy("file", weights=path)

    def _linked_weights(self) -> dict[str, LinkedWeights]:
        """How the linker counts in each program; all modules share functions, searched or not."""
        every = tasks(self.problem.train)
        sizes = self._each("measuring modules", every, self._default_sizes)
        by_program: dict[str, list[Sizes]] = {}
        for task, found in zip(every, sizes, strict=True):
            by_program.setdefault(task.program.name, []).append(found or {})
        return {name: LinkedWeights(found) for name, found in by_program.items()}

    def _default_sizes(self, task: Task) -> Sizes:
        file = task.file(self.workspace.folder / "sizes").with_suffix(".json")
        if not file.exists():
            sizes = measure(
                self.workspace.compiler, task.site.folder, task.module, Policy("default")
            )
            write_json(file, sizes)
        found: Sizes = json.loads(file.read_text())
        return found

    def _search(
        self, number: int, policy: Policy, linked: dict[str, LinkedWeights]
    ) -> list[tuple[str, Searched]]:
        store = self.workspace.folder / f"round-{number}" / "searched"
        config = self.config

        def searched(task: Task) -> Searched | None:
            file, weights = task.file(store), linked[task.program.name]
            if file.exists():
                return load_searched(file)
            compiler, seed = self.workspace.compiler, config.seed + number
            found = search_module(
                compiler, task.site.folder, task.module, policy, weights, config.compiles, seed
            )
            if found:
                save_searched(file, found)
            return found

        todo = tasks(self.problem.train, self.problem.modules)
        found = self._each(f"round {number}: searching modules", todo, searched)
        known = [(t.program.name, f) for f, t in zip(found, todo, strict=True) if f]
        saved, size = sum(f.saved for _, f in known), sum(f.size for _, f in known)
        note = f"round {number}: searches saved {saved / max(size, 1):.2%} of {len(known)} modules"
        self.workspace.progress.note(note)
        return known

    def _each(
        self, title: str, todo: list[Task], work: Callable[[Task], Result]
    ) -> list[Result | None]:
        """Does something with each module; one that does not compile is left out, with a note."""
        with self.workspace.progress.bar(title, len(todo)) as advance:

            def one(task: Task) -> Result | None:
                try:
                    return work(task)
                except UserError as error:
                    self.workspace.progress.note(f"left out: {task.program.name}: {error}")
                    return None
                finally:
                    advance()

            return parallel_map(one, todo, self.workspace.jobs)
