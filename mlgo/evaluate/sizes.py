"""Sizes of a program built in three ways: of its objects, and of its linked products."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from mlgo.corpus.build import text_size
from mlgo.corpus.program import Link, Module, Program
from mlgo.evaluate.build import Builds, Tick, build_program
from mlgo.evaluate.compiler import VariantCompiler
from mlgo.evaluate.result import VARIANTS, BuildFailure, LinkResult, ModuleResult, Sizes, Variant


@dataclass(frozen=True)
class ProgramSizes:
    """What one build of a program in three ways showed; see `result` for the parts."""

    modules: tuple[ModuleResult, ...]
    links: tuple[LinkResult, ...]
    failures: tuple[BuildFailure, ...]


def measure_sizes(
    compiler: VariantCompiler, folder: Path, program: Program, *, lto: bool, jobs: int, tick: Tick
) -> ProgramSizes:
    """Builds a program in three ways in a folder of its own, measures, and deletes it.

    Args: as for `build_program`. With `lto`, the objects are bitcode and have no sizes.

    Raises:
        UserError: the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="mlgo-") as root:
        builds = build_program(compiler, folder, program, Path(root), lto=lto, jobs=jobs, tick=tick)
        return ProgramSizes(
            modules=() if lto else tuple(_module(builds, m) for m in program.modules),
            links=tuple(_link(builds, link) for link in program.links),
            failures=_failures(builds, program, lto),
        )


def _module(builds: Builds, module: Module) -> ModuleResult:
    files = {v: builds.objects(v) / module.name for v in VARIANTS}
    return ModuleResult(module.name, module.source, _sizes(files), _identical(files))


def _link(builds: Builds, link: Link) -> LinkResult:
    files = {v: builds.products(v) / link.output for v in VARIANTS}
    return LinkResult(link.output, link.kind, _sizes(files), _identical(files))


def _sizes(files: dict[Variant, Path]) -> Sizes:
    return Sizes(*(text_size(f) if f.exists() else None for f in files.values()))


def _identical(files: dict[Variant, Path]) -> bool | None:
    stock, control = files["stock"], files["control"]
    if not (stock.exists() and control.exists()):
        return None
    return stock.read_bytes() == control.read_bytes()


def _failures(builds: Builds, program: Program, lto: bool) -> tuple[BuildFailure, ...]:
    things = [(m.name, v, builds.objects(v) / m.name) for m in program.modules for v in VARIANTS]
    things += [
        (k.output, v, builds.products(v) / k.output) for k in program.links for v in VARIANTS
    ]
    return tuple(
        BuildFailure(name, variant, lto, builds.errors[path])
        for name, variant, path in things
        if path in builds.errors
    )
