"""Which policy the plugin follows, as the compiler's arguments and environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PolicyKind = Literal["stock", "default", "learned", "file", "random"]


@dataclass(frozen=True)
class Policy:
    """How inlining is decided in a compile.

    The plugin reads its options from the command line (`-mllvm -mlgo-policy=`, where the tool
    reads them after loading the plugin: clang 22 and opt) or from the environment
    (`MLGO_POLICY`, everywhere: clang 19 and lld too). This class uses the environment.

    Attributes:
        kind: "stock" loads no plugin; "default" is LLVM's own decision through the plugin (the
            control); "learned" is the model embedded in the plugin; "file" is the model in
            `weights`; "random" decides by a coin.
        weights: of the "file" policy.
        seed, temperature: with a temperature above 0 the "file" policy samples.
        probability: of inlining, for the "random" policy.
        decisions: a file of decisions that override the policy's.
        log: where the plugin writes the trajectory; none by default.
        record: where the plugin writes its decisions, replayable; none by default.
        passes_log: where the plugin writes what code generation leaves out; none by default.
        only_inlining: code generation is LLVM's own. Else the plugin decides about it too, with the
            "learned" policy.
    """

    kind: PolicyKind
    weights: Path | None = None
    seed: int = 0
    temperature: float = 0.0
    probability: float = 0.5
    decisions: Path | None = None
    log: Path | None = None
    record: Path | None = None
    passes_log: Path | None = None
    only_inlining: bool = False

    def arguments(self, plugin: Path) -> list[str]:
        """Arguments for clang; empty for "stock"."""
        return [] if self.kind == "stock" else [f"-fpass-plugin={plugin}"]

    def link_arguments(self, plugin: Path) -> list[str]:
        """Arguments for the clang driver of an LTO link with lld; empty for "stock"."""
        return [] if self.kind == "stock" else [f"-Wl,--load-pass-plugin={plugin}"]

    def environment(self) -> dict[str, str]:
        """What to add to the compiler's environment; empty for "stock"."""
        if self.kind == "stock":
            return {}
        env: dict[str, str] = {"MLGO_POLICY": self.kind}
        if self.weights:
            env["MLGO_WEIGHTS"] = str(self.weights)
        if self.temperature > 0:
            env["MLGO_TEMPERATURE"] = str(self.temperature)
        if self.temperature > 0 or self.kind == "random":
            env["MLGO_SEED"] = str(self.seed)
        if self.kind == "random":
            env["MLGO_PROBABILITY"] = str(self.probability)
        if self.decisions:
            env["MLGO_DECISIONS"] = str(self.decisions)
        if self.log:
            env["MLGO_LOG"] = str(self.log)
        if self.record:
            env["MLGO_RECORD"] = str(self.record)
        if self.passes_log:
            env["MLGO_PASSES_LOG"] = str(self.passes_log)
        if self.only_inlining:
            env |= {"MLGO_SIZE_ORDER": "off", "MLGO_PASSES": "off"}
        return env
