"""Explores all modules of some programs: parallel, resumable, the same for the same seed."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import socket
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlgo import paths
from mlgo.corpus.program import Module, Program, load_program
from mlgo.errors import UserError
from mlgo.policy import Policy
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.executor import Executor
from mlgo.rollout.explore import Exploration, explore
from mlgo.rollout.store import load_exploration, save_exploration


@dataclass(frozen=True)
class Site:
    """What of a task a worker needs: little, because it travels.

    Attributes:
        program: its name.
        module: of the program.
    """

    program: str
    module: Module

    @property
    def folder(self) -> Path:
        """The program's folder in this machine's corpus."""
        return paths.corpus() / self.program

    def rng(self, seed: int) -> np.random.Generator:
        """A generator of its own, so that the order of the work does not matter."""
        digest = hashlib.sha256(f"{self.program}/{self.module.name}".encode()).digest()
        return np.random.default_rng([seed, int.from_bytes(digest[:8], "little")])


@dataclass(frozen=True)
class Outcome:
    """An exploration, nothing to decide (None), or an error; and the CPU seconds it took."""

    exploration: Exploration | None
    error: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Task:
    """One module of one program."""

    program: Program
    module: Module

    @property
    def site(self) -> Site:
        """What a worker needs."""
        return Site(self.program.name, self.module)

    def file(self, store: Path) -> Path:
        """Where the module's exploration is kept."""
        return store / self.program.name / (self.module.name.replace("/", "_") + ".npz")


@dataclass(frozen=True)
class Collected:
    """A task's outcome: an exploration, nothing to decide (None), or an error.

    Attributes:
        seconds: CPU time of the compiles; 0 for what was in the store.
    """

    task: Task
    exploration: Exploration | None
    error: str = ""
    seconds: float = 0.0


def tasks(programs: Iterable[str], limit: int | None = None) -> list[Task]:
    """Returns the modules of programs in the corpus, in order.

    Args:
        programs: their names.
        limit: at most so many modules of each program, evenly spaced.

    Raises:
        UserError: a program is not in the corpus.
    """
    loaded = [load_program(paths.corpus() / name) for name in programs]
    return [
        Task(program, module)
        for program in loaded
        for module in _spaced(program.modules, limit or len(program.modules))
    ]


def _spaced(modules: tuple[Module, ...], limit: int) -> list[Module]:
    count = min(limit, len(modules))
    return [modules[index * len(modules) // count] for index in range(count)]


@dataclass(frozen=True)
class Explorer:
    """Explores one module, wherever an executor runs it: takes nothing from the driver's disk.

    Attributes:
        compiler: LLVM 22 and its plugin.
        policy: around which to explore.
        weights: the contents of the policy's file, if it has one.
        flips: alternatives per module.
        seed: of the choice of flips.
    """

    compiler: PluginCompiler
    policy: Policy
    weights: bytes | None
    flips: int
    seed: int

    def __call__(self, site: Site) -> Outcome:
        """Returns the exploration, or why the module does not compile.

        Raises:
            UserError: the plugin or the program is not on this machine.
        """
        self._check(site)
        try:
            with self._local_policy() as policy:
                rng = site.rng(self.seed)
                found, seconds = explore(
                    self.compiler, site.folder, site.module, policy, self.flips, rng
                )
        except UserError as error:
            return Outcome(None, str(error))
        return Outcome(found, seconds=seconds)

    def _check(self, site: Site) -> None:
        for path in (self.compiler.plugin, site.folder):
            if not path.exists():
                hint = "corpus and plugin must be on every node, under the same MLGO_HOME"
                raise UserError(f"{path} is not on {socket.gethostname()}", hint=hint)

    @contextlib.contextmanager
    def _local_policy(self) -> Iterator[Policy]:
        if self.weights is None:
            yield self.policy
            return
        with tempfile.NamedTemporaryFile(prefix="mlgo-policy-", suffix=".mlgo") as file:
            file.write(self.weights)
            file.flush()
            yield dataclasses.replace(self.policy, weights=Path(file.name))


def collect(
    compiler: PluginCompiler,
    todo: list[Task],
    policy: Policy,
    store: Path,
    *,
    flips: int,
    seed: int,
    executor: Executor,
    done: Callable[[Collected], None] = lambda _: None,
    enough: Callable[[], bool] = lambda: False,
) -> list[Collected]:
    """Explores `flips` decisions of each module and keeps the result in `store`.

    What is in the store already is read and not explored again. A module that does not compile is
    reported in its `Collected` and does not stop the others.

    Args:
        compiler: LLVM 22 and its plugin.
        todo: the modules.
        policy: around which to explore.
        store: a folder for this policy and seed.
        flips: alternatives per module.
        seed: of the choice of flips.
        executor: runs the compiles; only this process writes the store.
        done: called for each finished module, in this thread.
        enough: asked before each module whether to leave out all that are not in the store yet.

    Returns:
        What is known, in the order of `todo`.

    Raises:
        UserError: a machine of the executor lacks the plugin or a program.
    """
    found = {i: _stored(task, store) for i, task in enumerate(todo) if task.file(store).exists()}
    for collected in found.values():
        done(collected)
    missing = [index for index in range(len(todo)) if index not in found and not enough()]
    weights = policy.weights.read_bytes() if policy.weights else None
    work = Explorer(compiler, policy, weights, flips, seed)
    sites = [todo[index].site for index in missing]
    with contextlib.closing(executor.map(work, sites)) as outcomes:
        for number, outcome in outcomes:
            task = todo[missing[number]]
            if outcome.exploration:
                save_exploration(task.file(store), outcome.exploration)
            collected = Collected(task, outcome.exploration, outcome.error, outcome.seconds)
            found[missing[number]] = collected
            done(collected)
            if enough():
                break  # closes `outcomes`: what is being explored ends
    return [found[index] for index in sorted(found)]


def _stored(task: Task, store: Path) -> Collected:
    try:
        return Collected(task, load_exploration(task.file(store)))
    except UserError as error:
        return Collected(task, None, str(error))
