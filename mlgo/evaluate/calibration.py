"""Holds the allocator's score against counted runs: does what it promises happen?

The score (LLVM's `calculateRegAllocScore`) is what policies are trained on. Here programs are
built with many policies; in each function the change of the score, times how often the profile
says that it runs, is compared with the change of what Cachegrind counts in it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgo import paths
from mlgo.corpus.program import Program
from mlgo.errors import UserError
from mlgo.toolchain import Toolchain
from mlgo.workloads.allocation import allocation
from mlgo.workloads.build import Built, Source, build_executable
from mlgo.workloads.optimise import Extra, Optimiser
from mlgo.workloads.profile import make_profile, profile_path
from mlgo.workloads.running import prepared
from mlgo.workloads.scores import Score, read_scores
from mlgo.workloads.table import find_workloads

_SHARE = 0.001  # of a program's counted cost; functions below say nothing


@dataclass(frozen=True)
class Point:
    """One function under one policy, against the default.

    Attributes:
        program, function: which.
        policy: e.g. "random 3".
        cost: counted with the default: instructions + 2 x (reads + writes).
        counted: policy's cost minus the default's.
        score: LLVM's score with the default, times the function's entry count.
        predicted: change of that.
        parts: changes of the score's parts, times the entry count; in the order of `PARTS`.
    """

    program: str
    function: str
    policy: str
    cost: float
    counted: float
    score: float
    predicted: float
    parts: tuple[float, ...]


@dataclass(frozen=True)
class Calibration:
    """What was found.

    Attributes:
        command: that repeats it.
        llvm_version: of the compiler.
        points: all of them.
        pearson, spearman: of predicted / cost and counted / cost, over the points that changed.
        relative_pearson, relative_spearman: of predicted / score and counted / cost: whether a
            function's own score says how it changes, however often it runs.
        totals_pearson: of the sums over each program's functions, one pair a policy and program.
        weights: of the score's parts, in the order of `PARTS`, that fit the counted cost best
            (least squares on changes over cost).
        fitted_pearson: the correlation with those weights.
    """

    command: tuple[str, ...]
    llvm_version: str
    points: tuple[Point, ...]
    pearson: float
    spearman: float
    relative_pearson: float
    relative_spearman: float
    totals_pearson: float
    weights: tuple[float, ...]
    fitted_pearson: float


def calibrate(
    toolchain: Toolchain,
    plugin: Path,
    programs: Sequence[Program],
    seeds: int,
    command: Sequence[str],
    progress: Callable[[str, str], None],
) -> Calibration:
    """Builds and counts programs with the default and with random policies, at -O2 with PGO.

    The training inputs are run, so that the profile's frequencies are those of the run.

    Args:
        toolchain: the stock LLVM.
        plugin: the pass plugin.
        programs: from the corpus, with workloads.
        seeds: how many random policies.
        command: that repeats this.
        progress: called with the program and what is done: once for each policy.

    Raises:
        UserError: a program does not build or run, or nothing changed.
    """
    points: list[Point] = []
    for program in programs:
        points += _points_of(toolchain, plugin, program, seeds, progress)
    return summarise(points, command, toolchain.version)


def _points_of(
    toolchain: Toolchain,
    plugin: Path,
    program: Program,
    seeds: int,
    progress: Callable[[str, str], None],
) -> list[Point]:
    folder = paths.corpus() / program.name
    source = Source(toolchain, folder, program, find_workloads(program.name), "-O2")
    points: list[Point] = []
    with tempfile.TemporaryDirectory(prefix="mlgo-") as scratch:
        work = Path(scratch)
        default = _measure(source, allocation(plugin, "default"), work / "default")
        progress(program.name, "default")
        for seed in range(1, seeds + 1):
            policy = allocation(plugin, "random", seed=seed)
            other = _measure(source, policy, work / f"random-{seed}")
            points += _compare(program.name, f"random {seed}", default, other)
            progress(program.name, f"random {seed}")
    return points


@dataclass(frozen=True)
class _Measured:
    scores: Mapping[str, Score]
    costs: Mapping[str, float]


def _measure(source: Source, policy: Extra, work: Path) -> _Measured:
    """Builds with a policy; returns the functions' scores and counted costs."""
    scores = work / "scores"
    scores.mkdir(parents=True)
    asked = replace(policy, environment={**policy.environment, "MLGO_REGALLOC_SCORES": str(scores)})
    name, toolchain = source.program.name, source.toolchain
    profile = profile_path(name, toolchain.release)
    profile = profile if profile.exists() else make_profile(toolchain, name)
    removed = dict(source.workloads.removed)
    optimiser = Optimiser(toolchain, source.folder, source.level, profile, removed)
    built = build_executable(source, optimiser.optimise, asked, work)
    return _Measured(read_scores(scores), _count(source, built))


def _count(source: Source, built: Built) -> Mapping[str, float]:
    costs: dict[str, float] = {}
    for workload in source.workloads.workloads:
        with prepared(workload, workload.train, built.executable) as runner:
            for name, cost in runner.count(built.executable).functions.items():
                costs[name] = costs.get(name, 0.0) + cost.weighted
    return costs


def _compare(program: str, policy: str, default: _Measured, other: _Measured) -> list[Point]:
    least = _SHARE * sum(default.costs.values())
    points = []
    for name, before in default.scores.items():
        after, cost = other.scores.get(name), default.costs.get(name, 0.0)
        if after is None or before.entries is None or cost < least or name not in other.costs:
            continue
        change = np.subtract(after.parts, before.parts) * before.entries
        points.append(
            Point(
                program,
                name,
                policy,
                cost,
                other.costs[name] - cost,
                before.value * before.entries,
                (after.value - before.value) * before.entries,
                tuple(float(part) for part in change),
            )
        )
    return points


def summarise(points: Sequence[Point], command: Sequence[str], llvm_version: str) -> Calibration:
    """Returns the correlations of points, and the weights that fit them best.

    Raises:
        UserError: no function changed.
    """
    changed = [point for point in points if point.counted or point.predicted]
    if len(changed) < 3:
        raise UserError("no function changed: nothing to compare", exit_code=1)
    cost = np.array([point.cost for point in changed])
    counted = np.array([point.counted for point in changed]) / cost
    predicted = np.array([point.predicted for point in changed]) / cost
    relative = np.array([point.predicted / max(point.score, 1e-9) for point in changed])
    parts = np.array([point.parts for point in changed]) / cost[:, None]
    weights = np.linalg.lstsq(parts, counted, rcond=None)[0]
    return Calibration(
        tuple(command),
        llvm_version,
        tuple(points),
        _pearson(predicted, counted),
        _pearson(_ranks(predicted), _ranks(counted)),
        _pearson(relative, counted),
        _pearson(_ranks(relative), _ranks(counted)),
        _totals_pearson(points),
        tuple(float(weight) for weight in weights),
        _pearson(parts @ weights, counted),
    )


def _totals_pearson(points: Sequence[Point]) -> float:
    sums: dict[tuple[str, str], NDArray[np.float64]] = {}
    for point in points:
        key = (point.program, point.policy)
        row = np.array([point.predicted, point.counted, point.cost])
        sums[key] = sums.get(key, np.zeros(3)) + row
    rows = np.array(list(sums.values()))
    return _pearson(rows[:, 0] / rows[:, 2], rows[:, 1] / rows[:, 2])


def _pearson(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Correlation; 0 where one of them does not vary."""
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(two) == 0:
        return 0.0
    return float(np.corrcoef(one, two)[0, 1])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.argsort(np.argsort(values)).astype(np.float64)
