"""What an evaluation of an inlining policy found; plain data, written as JSON by `document`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mlgo.evaluate.explanation import Explanation

# Three builds of everything: without the plugin, with LLVM's own decisions taken through the
# plugin (the control), and with the policy.
Variant = Literal["stock", "control", "policy"]
VARIANTS: tuple[Variant, ...] = ("stock", "control", "policy")


@dataclass(frozen=True)
class Sizes:
    """Bytes of code of one thing built three ways; None where it did not build."""

    stock: int | None
    control: int | None
    policy: int | None


@dataclass(frozen=True)
class ModuleResult:
    """One translation unit.

    Attributes:
        name: the module's, unique in its program.
        source: its source file.
        text: bytes of `.text*` in the object.
        control_identical: the control's object has stock's bytes; None where one is missing.
    """

    name: str
    source: str
    text: Sizes
    control_identical: bool | None


@dataclass(frozen=True)
class LinkResult:
    """One linked product, after --gc-sections.

    Attributes:
        output: its file name.
        kind: what it is.
        text: bytes of its `.text`.
        control_identical: the control's file has stock's bytes; None where one is missing.
    """

    output: str
    kind: Literal["executable", "shared"]
    text: Sizes
    control_identical: bool | None


@dataclass(frozen=True)
class BuildFailure:
    """A module or product that did not build, with the tool's first error.

    Attributes:
        name: of the module or product.
        variant: the build it is missing from.
        lto: in the full-LTO build.
        error: the first error.
    """

    name: str
    variant: Variant
    lto: bool
    error: str


@dataclass(frozen=True)
class Ratio:
    """A ratio of CPU times with its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class CompileTime:
    """CPU time of compiling all modules, of one program or of all, from bitcode to objects.

    Attributes:
        rounds: how often each module was compiled in each of the three ways, interleaved.
        modules: how many modules were timed.
        stock_seconds: user and system, of one build: the mean over the rounds.
        control: control / stock.
        policy: policy / stock.
    """

    rounds: int
    modules: int
    stock_seconds: float
    control: Ratio
    policy: Ratio


@dataclass(frozen=True)
class ProgramResult:
    """One program.

    Attributes:
        name: in the corpus.
        version: of the source package; empty for a build of the user's own.
        origin_sha256: of the source package's .dsc or of the compile_commands.json.
        modules: its translation units.
        links: its products, linked from objects.
        lto_links: its products, linked with full LTO; empty when not asked for.
        failures: what did not build.
        excluded: source files that the corpus could not turn into modules.
        compile_time: None when not asked for, or when nothing compiled.
    """

    name: str
    version: str
    origin_sha256: str
    modules: tuple[ModuleResult, ...]
    links: tuple[LinkResult, ...]
    lto_links: tuple[LinkResult, ...]
    failures: tuple[BuildFailure, ...]
    excluded: tuple[str, ...]
    compile_time: CompileTime | None

    @property
    def linked(self) -> Sizes:
        """Bytes of all products; None where one of them did not build."""
        return add_sizes([link.text for link in self.links])

    @property
    def lto_linked(self) -> Sizes:
        """Bytes of all products of the full-LTO build; None where one did not build."""
        return add_sizes([link.text for link in self.lto_links])


@dataclass(frozen=True)
class Subject:
    """Which policy was evaluated, in which compiler.

    Attributes:
        policy: "learned", "file", "random" or "default".
        model: name of the model that is embedded in the plugin, which "learned" follows.
        weights_sha256: of the file that "file" follows; empty for the others.
        seed: of "random".
        plugin_sha256: of the plugin's file.
        plugin_bytes: of the plugin's file.
        llvm_version: of the compiler, e.g. "22.1.8".
        machine: the processor's architecture, e.g. "x86_64".
    """

    policy: str
    model: str
    weights_sha256: str
    seed: int
    plugin_sha256: str
    plugin_bytes: int
    llvm_version: str
    machine: str


@dataclass(frozen=True)
class Settings:
    """How the evaluation was run.

    Attributes:
        lto: a full-LTO build was made too.
        rounds: of the compile-time measurement; 0 for none.
        jobs: parallel compiles, in the size measurement only.
        seed: of the confidence intervals' resampling.
    """

    lto: bool = False
    rounds: int = 0
    jobs: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Evaluation:
    """A whole evaluation.

    Attributes:
        command: that repeats it.
        subject: what was evaluated.
        settings: how.
        programs: on what, with the results, in the order of the command.
        compile_time: of all programs together; None when not asked for.
        explanation: what moved the policy, and which decisions mattered; None when not asked for.
    """

    command: tuple[str, ...]
    subject: Subject
    settings: Settings
    programs: tuple[ProgramResult, ...]
    compile_time: CompileTime | None
    explanation: Explanation | None = None


def add_sizes(sizes: list[Sizes]) -> Sizes:
    """Adds up, variant by variant; None where one is missing, or there are none at all."""

    def add(values: list[int | None]) -> int | None:
        known = [value for value in values if value is not None]
        return sum(known) if values and len(known) == len(values) else None

    return Sizes(*(add([getattr(s, variant) for s in sizes]) for variant in VARIANTS))
