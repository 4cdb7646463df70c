"""Profiles of real work, for PGO: instrument, run the training inputs, merge."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mlgo import paths
from mlgo.corpus.program import Program, load_program
from mlgo.errors import UserError
from mlgo.parallel import parallel_map
from mlgo.process import check, run
from mlgo.toolchain import Toolchain
from mlgo.workloads.executable import executable_of, link_executable
from mlgo.workloads.optimise import Extra, Level, Optimiser, generate_code
from mlgo.workloads.running import prepared
from mlgo.workloads.table import find_workloads


def profile_path(program: str, release: int) -> Path:
    """Returns where a program's profile is kept: beside it, in the corpus."""
    return paths.corpus() / program / f"profile-{release}.profdata"


def find_profile(program: str, release: int) -> Path:
    """Returns a program's profile.

    Raises:
        UserError: there is none.
    """
    path = profile_path(program, release)
    if not path.exists():
        raise UserError(f"no profile of {program}", hint=f"mlgo corpus profile {program}")
    return path


def make_profile(
    toolchain: Toolchain,
    program: str,
    *,
    level: Level = "-O2",
    jobs: int = 1,
    output: Path | None = None,
    extra: Extra | None = None,
) -> Path:
    """Profiles a program on the training inputs of its workloads.

    Args:
        toolchain: whose clang instruments.
        program: in the corpus.
        level: of optimisation; instrumentation comes early enough to be the same at others.
        jobs: at most so many compiles at once.
        output: the profile to write; beside the program by default.
        extra: e.g. an inlining policy, which decides about what is inlined before counters are.

    Returns:
        The profile's path.

    Raises:
        UserError: the program has no workloads, does not build or does not run.
    """
    workloads = find_workloads(program)
    loaded = load_program(paths.corpus() / program)
    output = output or profile_path(program, toolchain.release)
    with tempfile.TemporaryDirectory(prefix="mlgo-") as scratch:
        work = Path(scratch)
        folder = paths.corpus() / program
        removed = dict(workloads.removed)
        optimiser = Optimiser(toolchain, folder, level, None, removed, extra or Extra())
        executable = _build(toolchain, loaded, optimiser, work, jobs)
        (work / "raw").mkdir()
        for workload in workloads.workloads:
            with prepared(workload, workload.train, executable) as runner:
                pattern = work / "raw" / f"{workload.name}-%p.profraw"
                runner.run(executable, env={"LLVM_PROFILE_FILE": str(pattern)})
        _merge(toolchain, sorted((work / "raw").iterdir()), output)
    return output


def _build(
    toolchain: Toolchain, program: Program, optimiser: Optimiser, work: Path, jobs: int
) -> Path:
    workloads = find_workloads(program.name)
    executable = executable_of(program, workloads)

    def one(number: int) -> None:
        module = executable.modules[number]
        counting = optimiser.instrument(module, work / f"{number}.bc")
        generate_code(toolchain, counting, optimiser.level, work / "objects" / module.name, Extra())
        Path(counting.bitcode).unlink()

    parallel_map(one, range(len(executable.modules)), jobs)
    arguments = ("-fprofile-generate",)
    folder, objects = optimiser.folder, work / "objects"
    return link_executable(
        toolchain, folder, executable, workloads, objects, work / "bin", arguments
    )


def _merge(toolchain: Toolchain, raw: list[Path], output: Path) -> None:
    partial = output.with_name(f"{output.name}.partial")
    try:
        argv: list[str | Path] = [toolchain.tool("llvm-profdata"), "merge", *raw, "-o", partial]
        check(run(argv), f"merging the profiles of {output.parent.name}")
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
