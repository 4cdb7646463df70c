"""Evaluates a register-allocation policy: real programs on real work, counted."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgo import paths
from mlgo.corpus.program import Program
from mlgo.errors import UserError
from mlgo.evaluate.regalloc_result import (
    Build,
    BuildCost,
    BuildSize,
    HotFunction,
    RegallocEvaluation,
    RegallocProgram,
    RegallocSettings,
    WorkloadResult,
)
from mlgo.evaluate.result import Ratio, Subject
from mlgo.evaluate.statistics import interleaved_ratio
from mlgo.toolchain import Toolchain
from mlgo.workloads.build import Built, Source, build_executable
from mlgo.workloads.optimise import Extra, Optimiser
from mlgo.workloads.profile import make_profile, profile_path
from mlgo.workloads.running import Counted, Runner, prepared
from mlgo.workloads.spills import Spills
from mlgo.workloads.table import Workload, find_workloads

Progress = Callable[[str, str], None]
_PURE = Extra()


@dataclass(frozen=True)
class Allocators:
    """What decides in each build.

    Attributes:
        toolchain: the stock LLVM.
        control: LLVM's own decisions through the plugin.
        policy: the policy's.
        inlining: of optimisation, in the builds with an inlining policy.
    """

    toolchain: Toolchain
    control: Extra
    policy: Extra
    inlining: Extra = _PURE

    def code_generation(self, build: Build) -> Extra:
        """What code generation gets in a build."""
        if build in ("policy", "both"):
            return self.policy
        return self.control if build == "control" else _PURE

    def optimisation(self, build: Build) -> Extra:
        """What optimisation gets in a build."""
        return self.inlining if build in ("inlining", "both") else _PURE


def evaluate_regalloc(
    allocators: Allocators,
    subject: Subject,
    programs: Sequence[Program],
    settings: RegallocSettings,
    command: Sequence[str],
    progress: Progress,
) -> RegallocEvaluation:
    """Builds, runs and counts programs, one after the other.

    Args:
        allocators: what decides.
        subject: what `allocators` are, for the report.
        programs: from the corpus.
        settings: what to measure.
        command: that repeats this; for the report.
        progress: called with the program and what is done; `steps` says how often.

    Raises:
        UserError: a tool is missing, or a program has no workloads. What does not build or run
            is part of the result.
    """
    entries = [find_workloads(program.name) for program in programs]
    results, times = [], []
    for program, entry in zip(programs, entries, strict=True):
        source = Source(
            allocators.toolchain, paths.corpus() / program.name, program, entry, settings.level
        )
        result, seconds = _evaluate_program(allocators, source, settings, progress)
        results.append(result)
        times.append(seconds)
    return RegallocEvaluation(
        tuple(command), subject, settings, tuple(results), _ratio(np.concatenate(times), settings)
    )


def steps(programs: Sequence[Program], settings: RegallocSettings) -> int:
    """Returns how many times `evaluate_regalloc` reports progress, when all goes well."""
    return sum(
        len(settings.builds) + len(find_workloads(program.name).workloads) for program in programs
    )


def _evaluate_program(
    allocators: Allocators, source: Source, settings: RegallocSettings, progress: Progress
) -> tuple[RegallocProgram, NDArray[np.float64]]:
    """Returns the result, and CPU seconds [workloads, rounds, (stock, policy)]."""
    nothing = np.empty((0, settings.rounds, 2))
    with tempfile.TemporaryDirectory(prefix="mlgo-") as scratch:
        try:
            builds = _build_all(allocators, source, settings, Path(scratch), progress)
            runs = [
                _evaluate_workload(source, workload, builds, settings, progress)
                for workload in source.workloads.workloads
            ]
        except UserError as error:
            if error.exit_code == 2:  # the user's to mend, e.g. a missing tool
                raise
            return _result(source, settings, {}, (), str(error)), nothing
    seconds = np.array([times for _, times in runs]).reshape(len(runs), settings.rounds, 2)
    return _result(source, settings, builds, tuple(run for run, _ in runs), ""), seconds


def _build_all(
    allocators: Allocators,
    source: Source,
    settings: RegallocSettings,
    work: Path,
    progress: Progress,
) -> dict[Build, Built]:
    builds: dict[Build, Built] = {}
    for build in settings.builds:
        extra = allocators.optimisation(build)
        optimiser = Optimiser(
            source.toolchain,
            source.folder,
            source.level,
            _profile(source, settings, extra, work),
            dict(source.workloads.removed),
            extra,
        )
        builds[build] = build_executable(
            source,
            optimiser.optimise,
            allocators.code_generation(build),
            work / build,
            jobs=settings.jobs,
        )
        progress(source.program.name, f"{build} built")
    return builds


def _profile(source: Source, settings: RegallocSettings, extra: Extra, work: Path) -> Path | None:
    """The profile to optimise with: beside the program, or of the inlining policy's own build."""
    if not settings.pgo:
        return None
    name, toolchain = source.program.name, source.toolchain
    if extra == _PURE:
        path = profile_path(name, toolchain.release)
        return path if path.exists() else make_profile(toolchain, name, jobs=settings.jobs)
    path = work / "inlining.profdata"
    if path.exists():
        return path
    return make_profile(
        toolchain, name, level=source.level, jobs=settings.jobs, output=path, extra=extra
    )


def _evaluate_workload(
    source: Source,
    workload: Workload,
    builds: Mapping[Build, Built],
    settings: RegallocSettings,
    progress: Progress,
) -> tuple[WorkloadResult, list[list[float]]]:
    stock = builds["stock"].executable
    with prepared(workload, workload.measure, stock) as runner:
        counted = _count_all(runner, builds)
        times = [_time_round(runner, builds, turn) for turn in range(settings.rounds)]
    progress(source.program.name, f"{workload.name} ran")
    result = WorkloadResult(
        workload.name,
        tuple(BuildCost(build, count.total) for build, count in counted.items()),
        len({count.output_sha256 for count in counted.values()}) == 1,
        _hot_functions(counted, builds, settings.hot),
        _ratio(np.array([times]), settings),
    )
    return result, times


def _count_all(runner: Runner, builds: Mapping[Build, Built]) -> dict[Build, Counted]:
    """Counts every build; those of the same bytes once."""
    known: dict[str, Counted] = {}
    counted: dict[Build, Counted] = {}
    for build, built in builds.items():
        key = hashlib.sha256(built.executable.read_bytes()).hexdigest()
        if key not in known:
            known[key] = runner.count(built.executable)
        counted[build] = known[key]
    return counted


def _time_round(runner: Runner, builds: Mapping[Build, Built], turn: int) -> list[float]:
    """Returns CPU seconds of stock and policy; who goes first changes every round."""
    order: list[Build] = ["stock", "policy"]
    order = order[::-1] if turn % 2 else order
    seconds = {build: runner.run(builds[build].executable)[1] for build in order}
    return [seconds["stock"], seconds["policy"]]


def _ratio(seconds: NDArray[np.float64], settings: RegallocSettings) -> Ratio | None:
    """Ratio of [workloads, rounds, (stock, policy)] seconds."""
    if not settings.rounds or seconds.size == 0:
        return None
    return interleaved_ratio(seconds[:, :, 0], seconds[:, :, 1], settings.seed)


def _hot_functions(
    counted: Mapping[Build, Counted], builds: Mapping[Build, Built], count: int
) -> tuple[HotFunction, ...]:
    stock, policy = counted["stock"], counted["policy"]
    names = sorted(stock.functions, key=lambda name: -stock.functions[name].weighted)
    kept = [name for name in names if name in policy.functions][:count]
    return tuple(
        HotFunction(
            name,
            stock.functions[name].weighted / stock.total.weighted,
            stock.functions[name],
            policy.functions[name],
            _spills_of(builds["stock"], name),
            _spills_of(builds["policy"], name),
        )
        for name in kept
    )


def _spills_of(built: Built, name: str) -> Spills | None:
    """What was put into a function; None when no module, or more than one, speaks of it."""
    found = [functions[name] for functions in built.spills.values() if name in functions]
    return found[0] if len(found) == 1 else None


def _result(
    source: Source,
    settings: RegallocSettings,
    builds: Mapping[Build, Built],
    workloads: tuple[WorkloadResult, ...],
    error: str,
) -> RegallocProgram:
    name, toolchain = source.program.name, source.toolchain
    path = profile_path(name, toolchain.release)
    profile = path.read_bytes() if settings.pgo and path.exists() else None
    return RegallocProgram(
        name=name,
        version=source.program.origin.version,
        origin_sha256=source.program.origin.sha256,
        profile_sha256=hashlib.sha256(profile).hexdigest() if profile is not None else "",
        modules=len(source.modules),
        control_identical=_identical(builds, "control"),
        policy_identical=_identical(builds, "policy"),
        sizes=tuple(_size(build, built) for build, built in builds.items()),
        workloads=workloads,
        error=error,
    )


def _identical(builds: Mapping[Build, Built], build: Build) -> int:
    if not builds:
        return 0
    stock = builds["stock"].objects
    return sum(stock[name] == digest for name, digest in builds[build].objects.items())


def _size(build: Build, built: Built) -> BuildSize:
    spills = [s for functions in built.spills.values() for s in functions.values()]
    return BuildSize(
        build,
        built.text,
        sum(s.spills for s in spills),
        sum(s.reloads for s in spills),
        sum(s.folded for s in spills),
        sum(s.copies for s in spills),
        sum(built.seconds.values()),
    )
