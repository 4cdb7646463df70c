"""Profiles of real work, for PGO: instrument, run the training inputs, merge."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mlgo import paths
from mlgo.corpus.program import Module, load_program
from mlgo.errors import UserError
from mlgo.process import check, run
from mlgo.toolchain import Toolchain
from mlgo.workloads.build import Source, build_executable
from mlgo.workloads.optimise import Extra, Level, Optimiser
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


def use_profile(profile: Path) -> tuple[str, ...]:
    """Returns clang's flags for a build that may have sources which the profile does not know."""
    return f"-fprofile-use={profile.absolute()}", "-Wno-profile-instr-out-of-date"


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
    folder = paths.corpus() / program
    source = Source(toolchain, folder, load_program(folder), workloads, level)
    optimiser = Optimiser(toolchain, folder, level, None, dict(workloads.removed), extra or Extra())
    output = output or profile_path(program, toolchain.release)
    with tempfile.TemporaryDirectory(prefix="mlgo-") as scratch:
        work = Path(scratch)

        def instrument(module: Module) -> Module:
            return optimiser.instrument(module, work / "bitcode" / f"{module.name}.bc")

        arguments = ("-fprofile-generate",)
        built = build_executable(
            source, instrument, Extra(), work, jobs=jobs, link_arguments=arguments
        )
        raw = work / "raw"
        raw.mkdir()
        for workload in workloads.workloads:
            with prepared(workload, workload.train, built.executable) as runner:
                pattern = raw / f"{workload.name}-%p.profraw"
                runner.run(built.executable, env={"LLVM_PROFILE_FILE": str(pattern)})
        _merge(toolchain, sorted(raw.iterdir()), output)
    return output


def _merge(toolchain: Toolchain, raw: list[Path], output: Path) -> None:
    partial = output.with_name(f"{output.name}.partial")
    try:
        argv: list[str | Path] = [toolchain.tool("llvm-profdata"), "merge", *raw, "-o", partial]
        check(run(argv), f"merging the profiles of {output.parent.name}")
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
