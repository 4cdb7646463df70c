"""What an evaluation of register allocation found; plain data, written as JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from mlgo.evaluate.result import Ratio, Subject
from mlgo.workloads.optimise import Level
from mlgo.workloads.running import Cost
from mlgo.workloads.spills import Spills

# How a program is built: without a plugin; with LLVM's own decisions taken through the plugin
# (the control, of register allocation); with the policy; and with --inlining also with the
# inlining policy alone, and with both.
Build = Literal["stock", "control", "policy", "inlining", "both"]
BUILDS: tuple[Build, ...] = ("stock", "control", "policy")
COMBINED: tuple[Build, ...] = (*BUILDS, "inlining", "both")


@dataclass(frozen=True)
class BuildCost:
    """What one build of a workload costs.

    Attributes:
        build: which.
        cost: counted; of the whole process.
    """

    build: Build
    cost: Cost


@dataclass(frozen=True)
class HotFunction:
    """One of the functions in which a workload spends most.

    Attributes:
        name: as the linker knows it; functions of the same name are one.
        share: of stock's weighted cost of the whole run.
        stock, policy: counted in it.
        stock_spills, policy_spills: what the allocator put into it; None when it is not one of
            the program's own (a C library's, say).
    """

    name: str
    share: float
    stock: Cost
    policy: Cost
    stock_spills: Spills | None
    policy_spills: Spills | None


@dataclass(frozen=True)
class WorkloadResult:
    """One workload.

    Attributes:
        name: in its program.
        costs: of every build.
        agree: all builds wrote the same output.
        functions: the hottest, with stock.
        time: CPU time, policy / stock; None when not asked for.
    """

    name: str
    costs: tuple[BuildCost, ...]
    agree: bool
    functions: tuple[HotFunction, ...]
    time: Ratio | None

    def cost(self, build: Build) -> Cost:
        """Returns a build's cost.

        Raises:
            KeyError: there is no such build.
        """
        return {b.build: b.cost for b in self.costs}[build]

    def change(self, build: Build, what: str = "weighted") -> float:
        """Returns build / stock - 1 of an attribute of `Cost`."""
        before: int = getattr(self.cost("stock"), what)
        after: int = getattr(self.cost(build), what)
        return after / before - 1 if before else 0.0


@dataclass(frozen=True)
class BuildSize:
    """One build's size.

    Attributes:
        build: which.
        text: bytes of `.text` of the executable.
        spills, reloads, folded, copies: instructions in all functions, see `Spills`.
        seconds: CPU time of generating code from optimised bitcode.
    """

    build: Build
    text: int
    spills: int
    reloads: int
    folded: int
    copies: int
    seconds: float


@dataclass(frozen=True)
class RegallocProgram:
    """One program.

    Attributes:
        name: in the corpus.
        version: of the source package.
        origin_sha256: of the source package's .dsc.
        profile_sha256: of the profile that it was optimised with; empty for none.
        modules: how many translation units were compiled.
        control_identical: how many of the control's objects have stock's bytes.
        policy_identical: how many of the policy's objects have stock's bytes.
        sizes: of every build.
        workloads: what ran.
        error: why the program could not be built or run; empty when it could.
    """

    name: str
    version: str
    origin_sha256: str
    profile_sha256: str
    modules: int
    control_identical: int
    policy_identical: int
    sizes: tuple[BuildSize, ...]
    workloads: tuple[WorkloadResult, ...]
    error: str

    def size(self, build: Build) -> BuildSize:
        """Returns a build's size.

        Raises:
            KeyError: there is no such build.
        """
        return {size.build: size for size in self.sizes}[build]

    def change(self, build: Build, what: str = "weighted") -> float:
        """Returns the geometric mean over the workloads of build / stock, minus 1."""
        logs = [math.log1p(workload.change(build, what)) for workload in self.workloads]
        return math.expm1(math.fsum(logs) / len(logs)) if logs else 0.0


@dataclass(frozen=True)
class RegallocSettings:
    """How the evaluation was run.

    Attributes:
        level: of optimisation.
        pgo: optimised with profiles of the training inputs.
        inlining: name of the inlining policy that was combined with; empty for none.
        rounds: of run time; 0 for none.
        jobs: parallel compiles.
        seed: of the confidence intervals' resampling.
        hot: how many hot functions of each workload are reported.
    """

    level: Level = "-O2"
    pgo: bool = True
    inlining: str = ""
    rounds: int = 0
    jobs: int = 1
    seed: int = 0
    hot: int = 10

    @property
    def builds(self) -> tuple[Build, ...]:
        """What is built."""
        return COMBINED if self.inlining else BUILDS


@dataclass(frozen=True)
class RegallocEvaluation:
    """A whole evaluation.

    Attributes:
        command: that repeats it.
        subject: what was evaluated.
        settings: how.
        programs: on what, with the results, in the order of the command.
        time: run time of all workloads, policy / stock; None when not asked for.
    """

    command: tuple[str, ...]
    subject: Subject
    settings: RegallocSettings
    programs: tuple[RegallocProgram, ...]
    time: Ratio | None


@dataclass(frozen=True)
class Totals:
    """One build against stock, over all programs that ran.

    Attributes:
        build: which.
        weighted, instructions, reads, writes, text: geometric means of the programs' changes.
        worst: the program with the greatest change of weighted cost.
        worst_change: that change.
    """

    build: Build
    weighted: float
    instructions: float
    reads: float
    writes: float
    text: float
    worst: str
    worst_change: float


def totals(evaluation: RegallocEvaluation) -> tuple[Totals, ...]:
    """Returns the totals of all builds but stock; none when no program ran."""
    ran = [program for program in evaluation.programs if not program.error]
    builds = [build for build in evaluation.settings.builds if build != "stock"]
    return tuple(_total(ran, build) for build in builds) if ran else ()


def _total(programs: list[RegallocProgram], build: Build) -> Totals:
    def mean(what: str) -> float:
        return _geometric_mean([program.change(build, what) for program in programs])

    texts = [p.size(build).text / p.size("stock").text - 1 for p in programs]
    worst, name = max((program.change(build), program.name) for program in programs)
    return Totals(
        build,
        mean("weighted"),
        mean("instructions"),
        mean("reads"),
        mean("writes"),
        _geometric_mean(texts),
        name,
        worst,
    )


def _geometric_mean(changes: list[float]) -> float:
    return math.expm1(math.fsum(math.log1p(change) for change in changes) / len(changes))
