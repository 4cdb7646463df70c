"""Explores all modules of some programs: parallel, resumable, the same for the same seed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlgo import paths
from mlgo.corpus.program import Module, Program, load_program
from mlgo.errors import UserError
from mlgo.policy import Policy
from mlgo.process import kill_all
from mlgo.rollout.explore import Compiler, Exploration, explore
from mlgo.rollout.store import load_exploration, save_exploration


@dataclass(frozen=True)
class Task:
    """One module of one program."""

    program: Program
    module: Module

    @property
    def folder(self) -> Path:
        """The program's folder in the corpus."""
        return paths.corpus() / self.program.name

    def file(self, store: Path) -> Path:
        """Where the module's exploration is kept."""
        return store / self.program.name / (self.module.name.replace("/", "_") + ".npz")

    def rng(self, seed: int) -> np.random.Generator:
        """A generator of its own, so that the order of the work does not matter."""
        text = f"{self.program.name}/{self.module.name}".encode()
        digest = hashlib.sha256(text).digest()
        return np.random.default_rng([seed, int.from_bytes(digest[:8], "little")])


@dataclass(frozen=True)
class Collected:
    """A task's outcome: an exploration, nothing to decide (None), or an error."""

    task: Task
    exploration: Exploration | None
    error: str = ""


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


def collect(
    compiler: Compiler,
    todo: list[Task],
    policy: Policy,
    store: Path,
    *,
    flips: int,
    seed: int,
    jobs: int | None = None,
    done: Callable[[Collected], None] = lambda _: None,
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
        jobs: compiles at a time; by default one a core.
        done: called for each finished module, in this thread.
    """

    def one(task: Task) -> Collected:
        file = task.file(store)
        try:
            if file.exists():
                return Collected(task, load_exploration(file))
            found = explore(compiler, task.folder, task.module, policy, flips, task.rng(seed))
        except UserError as error:
            return Collected(task, None, str(error))
        if found:
            save_exploration(file, found)
        return Collected(task, found)

    pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
    futures = [pool.submit(one, task) for task in todo]
    try:
        for collected in _finished(futures):
            done(collected)
        return [future.result() for future in futures]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        kill_all()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _finished(futures: list[Future[Collected]]) -> Iterator[Collected]:
    return (future.result() for future in as_completed(futures))
