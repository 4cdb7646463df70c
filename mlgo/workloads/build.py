"""Builds the executable that runs a program's workloads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlgo.corpus.elf import text_size
from mlgo.corpus.program import Module, Program
from mlgo.parallel import parallel_map
from mlgo.toolchain import Toolchain
from mlgo.workloads.executable import executable_of, link_executable
from mlgo.workloads.optimise import Extra, Level, generate_code
from mlgo.workloads.spills import Spills, read_remarks, remark_arguments
from mlgo.workloads.table import ProgramWorkloads


@dataclass(frozen=True)
class Source:
    """What is built.

    Attributes:
        toolchain: whose clang and lld build.
        folder: the program's, in the corpus.
        program: in the corpus.
        workloads: its entry in the table.
        level: of optimisation.
    """

    toolchain: Toolchain
    folder: Path
    program: Program
    workloads: ProgramWorkloads
    level: Level

    @property
    def modules(self) -> tuple[Module, ...]:
        """Those of the program that the executable can need."""
        return executable_of(self.program, self.workloads).modules


@dataclass(frozen=True)
class Built:
    """A built executable.

    Attributes:
        executable: its path.
        text: bytes of its `.text`.
        objects: module name -> SHA-256 of its object.
        spills: module name -> function -> what the allocator put into it.
        seconds: module name -> CPU time of generating its code.
    """

    executable: Path
    text: int
    objects: Mapping[str, str]
    spills: Mapping[str, Mapping[str, Spills]]
    seconds: Mapping[str, float]


def build_executable(
    source: Source,
    optimise: Callable[[Module], Module],
    extra: Extra,
    work: Path,
    *,
    jobs: int = 1,
    tick: Callable[[str], None] = lambda _: None,
    link_arguments: tuple[str, ...] = (),
) -> Built:
    """Generates code for all modules and links them.

    Args:
        source: what to build.
        optimise: gives each module its optimised bitcode.
        extra: of code generation, e.g. a policy of register allocation.
        work: the folder for objects and executable.
        jobs: at most so many compiles at once.
        tick: called with the name of each module that is done.
        link_arguments: more arguments for the linking driver.

    Raises:
        UserError: something does not compile or link.
    """
    executable = executable_of(source.program, source.workloads)

    def one(module: Module) -> tuple[str, Mapping[str, Spills], float]:
        output = work / "objects" / module.name
        remarks = output.with_name(output.name + ".remarks")
        remarks.parent.mkdir(parents=True, exist_ok=True)
        asked = Extra((*extra.arguments, *remark_arguments(remarks)), extra.environment)
        done = generate_code(source.toolchain, optimise(module), source.level, output, asked)
        spills = read_remarks(remarks.read_text()) if remarks.exists() else {}
        tick(module.name)
        return hashlib.sha256(output.read_bytes()).hexdigest(), spills, done.seconds

    results = parallel_map(one, executable.modules, jobs)
    path = link_executable(
        source.toolchain,
        source.folder,
        executable,
        source.workloads,
        work / "objects",
        work / "bin",
        link_arguments,
    )
    names = [module.name for module in executable.modules]
    hashes, spills, seconds = zip(*results, strict=True) if results else ((), (), ())
    return Built(
        path,
        text_size(path),
        dict(zip(names, hashes, strict=True)),
        dict(zip(names, spills, strict=True)),
        dict(zip(names, seconds, strict=True)),
    )
