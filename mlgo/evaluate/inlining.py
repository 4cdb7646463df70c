"""Evaluates an inlining policy: programs built with stock, with the control and with the policy."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlgo import paths
from mlgo.corpus.program import MANIFEST, Program, load_program
from mlgo.errors import UserError
from mlgo.evaluate.compiler import VariantCompiler, check_compiler
from mlgo.evaluate.result import VARIANTS, Evaluation, ProgramResult, Settings, Subject
from mlgo.evaluate.sizes import ProgramSizes, measure_sizes
from mlgo.evaluate.timing import summarize, time_program

Progress = Callable[[str, str], None]


def evaluate_inlining(
    compiler: VariantCompiler,
    programs: Sequence[Program],
    settings: Settings,
    command: Sequence[str],
    progress: Progress,
) -> Evaluation:
    """Builds and measures programs, one after the other.

    Args:
        compiler: the LLVM, the plugin and the policy.
        programs: from the corpus, see `load_programs`.
        settings: what to measure.
        command: that repeats this; for the report.
        progress: called with the program and the module or product that is done; `steps` says
            how often.

    Raises:
        UserError: the compiler does not work with the policy, or the disk is full. Programs that
            do not build are part of the result.
    """
    check_compiler(compiler)
    results, seconds = [], []
    for program in programs:
        result, times = _evaluate_program(compiler, program, settings, progress)
        results.append(result)
        seconds.append(times)
    return Evaluation(
        command=tuple(command),
        subject=describe(compiler),
        settings=settings,
        programs=tuple(results),
        compile_time=summarize(np.concatenate(seconds), settings.seed),
    )


def load_programs(names: Sequence[str], release: int) -> list[Program]:
    """Loads programs of the corpus by name; all of them, sorted, when there are no names.

    Raises:
        UserError: one is not there, or was made by another LLVM; or the corpus is empty.
    """
    there = sorted(path.parent.name for path in paths.corpus().glob(f"[!.]*/{MANIFEST}"))
    if not there:
        raise UserError(
            f"there are no programs in {paths.corpus()}", hint="mlgo corpus add --debian lua5.4"
        )
    unknown = [name for name in names if name not in there]
    if unknown:
        raise UserError(
            f"not in the corpus: {', '.join(unknown)}",
            hint=f"there are {', '.join(there)}; add others with `mlgo corpus add`",
        )
    programs = [load_program(paths.corpus() / name) for name in names or there]
    for program in programs:
        if program.release != release:
            raise UserError(
                f"{program.name} is bitcode of LLVM {program.release}, not {release}",
                hint=f"add it with `mlgo corpus add --release {release}`, with another MLGO_HOME",
            )
    return programs


def steps(programs: Sequence[Program], settings: Settings) -> int:
    """Returns how many times `evaluate_inlining` reports progress."""
    builds = sum((len(p.modules) + len(p.links)) * len(VARIANTS) for p in programs)
    timed = sum(len(p.modules) for p in programs) if settings.rounds else 0
    return builds * (2 if settings.lto else 1) + timed


def describe(compiler: VariantCompiler) -> Subject:
    """Returns what is evaluated, by hash and version."""
    plugin = compiler.plugin.read_bytes()
    policy = compiler.policy
    weights = policy.weights.read_bytes() if policy.weights else None
    return Subject(
        policy=policy.kind,
        model=compiler.model,
        weights_sha256=hashlib.sha256(weights).hexdigest() if weights is not None else "",
        seed=policy.seed,
        plugin_sha256=hashlib.sha256(plugin).hexdigest(),
        plugin_bytes=len(plugin),
        llvm_version=compiler.toolchain.version,
        machine=platform.machine(),
    )


def _evaluate_program(
    compiler: VariantCompiler, program: Program, settings: Settings, progress: Progress
) -> tuple[ProgramResult, NDArray[np.float64]]:
    folder = paths.corpus() / program.name

    def tick(what: str) -> None:
        progress(program.name, what)

    def sizes(lto: bool) -> ProgramSizes:
        jobs = settings.jobs
        return measure_sizes(compiler, folder, program, lto=lto, jobs=jobs, tick=tick)

    plain = sizes(lto=False)
    lto = sizes(lto=True) if settings.lto else ProgramSizes((), (), ())
    seconds = np.empty((0, settings.rounds, len(VARIANTS)))
    if settings.rounds:
        seconds = time_program(compiler, folder, program, rounds=settings.rounds, tick=tick)
    result = ProgramResult(
        name=program.name,
        version=program.origin.version,
        origin_sha256=program.origin.sha256,
        modules=plain.modules,
        links=plain.links,
        lto_links=lto.links,
        failures=plain.failures + lto.failures,
        excluded=tuple(failure.source for failure in program.failures),
        compile_time=summarize(seconds, settings.seed),
    )
    return result, seconds
