"""Builds a program in the three ways that an evaluation compares."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mlgo.corpus.build import compile_module, link_program
from mlgo.corpus.program import Link, Module, Program
from mlgo.errors import UserError
from mlgo.evaluate.compiler import VariantCompiler
from mlgo.evaluate.result import VARIANTS, Variant

Tick = Callable[[str], None]

_NO_SPACE = 16 << 20  # bytes; what failed has been deleted, and left some free


@dataclass
class Builds:
    """A program built in all three ways, in a folder.

    Attributes:
        root: the folder.
        errors: object or product that is missing -> why.
    """

    root: Path
    errors: dict[Path, str] = field(default_factory=dict)

    def objects(self, variant: Variant) -> Path:
        """The folder of a variant's objects."""
        return self.root / variant / "objects"

    def products(self, variant: Variant) -> Path:
        """The folder of a variant's linked products."""
        return self.root / variant / "products"


@dataclass(frozen=True)
class _Task:
    name: str
    output: Path
    run: Callable[[], None]


def build_program(
    compiler: VariantCompiler,
    folder: Path,
    program: Program,
    root: Path,
    *,
    lto: bool,
    jobs: int,
    tick: Tick,
) -> Builds:
    """Builds a program with stock, the control and the policy.

    Args:
        compiler: what to build with.
        folder: the program's, in the corpus.
        program: what to build.
        root: the folder for what is built.
        lto: build with full LTO.
        jobs: at most so many compiles at once.
        tick: called with the name of each module and product that is done, built or not.

    Raises:
        UserError: the disk is full. What does not compile is no error but noted.
    """
    builds = Builds(root)
    compile_arguments = ("-flto",) if lto else ()

    def compile_one(variant: Variant, module: Module) -> None:
        compile_module(
            compiler.toolchain,
            folder,
            module,
            compiler.policy_of(variant),
            compiler.plugin_of(variant),
            builds.objects(variant) / module.name,
            arguments=compile_arguments,
        )

    def link_one(variant: Variant, link: Link) -> None:
        _check_members(builds, variant, link)
        policy = compiler.policy_of(variant)
        arguments = ("-flto", *policy.link_arguments(compiler.plugin)) if lto else ()
        link_program(
            compiler.toolchain,
            folder,
            link,
            builds.objects(variant),
            builds.products(variant),
            arguments=arguments,
            environment=policy.environment(),
        )

    compiles = [
        _Task(m.name, builds.objects(v) / m.name, partial(compile_one, v, m))
        for m in program.modules
        for v in VARIANTS
    ]
    builds.errors |= _run_all(compiles, jobs, tick)
    links = [
        _Task(k.output, builds.products(v) / k.output, partial(link_one, v, k))
        for k in program.links
        for v in VARIANTS
    ]
    builds.errors |= _run_all(links, jobs, tick)
    _check_space(builds)
    return builds


def _check_members(builds: Builds, variant: Variant, link: Link) -> None:
    members = [*link.objects, *(name for _, names in link.archives for name in names)]
    for name in members:
        if builds.objects(variant) / name in builds.errors:
            raise UserError(f"needs {name}, which did not compile")


def _run_all(tasks: Sequence[_Task], jobs: int, tick: Tick) -> dict[Path, str]:
    """Runs the tasks in parallel; returns what failed and why, in the tasks' order."""

    def run_one(task: _Task) -> str | None:
        try:
            task.run()
        except UserError as error:
            return str(error)
        finally:
            tick(task.name)
        return None

    with ThreadPoolExecutor(jobs) as pool:
        try:
            errors = list(pool.map(run_one, tasks))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {task.output: error for task, error in zip(tasks, errors, strict=True) if error}


def _check_space(builds: Builds) -> None:
    """Tells failures of a full disk from those of a compiler.

    Not by the message: the compiler's own output has no place to go then.
    """
    if builds.errors and shutil.disk_usage(builds.root).free < _NO_SPACE:
        raise UserError(
            f"no space left on the disk of {builds.root.parent}",
            hint="free some space, or set TMPDIR to a folder on another disk",
        )
