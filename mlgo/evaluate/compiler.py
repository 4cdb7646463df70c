"""The three ways to compile that an evaluation compares."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mlgo.errors import UserError
from mlgo.evaluate.result import VARIANTS, Variant
from mlgo.policy import Policy
from mlgo.process import reason, run
from mlgo.toolchain import Toolchain

# All other variables that start with MLGO_ are options of the plugin.
_HARMLESS = frozenset(("MLGO_HOME", "MLGO_SETUP_TESTS"))
_SAMPLE = (
    "static int twice(int x) { return 2 * x; }\nint main(int n, char **v) { return twice(n); }\n"
)


@dataclass(frozen=True)
class VariantCompiler:
    """One LLVM with our plugin, and the policy that is evaluated.

    Attributes:
        toolchain: the stock LLVM.
        plugin: built for it.
        model: name of the policy that is embedded in the plugin.
        policy: what is compared with stock and with the control.
    """

    toolchain: Toolchain
    plugin: Path
    model: str
    policy: Policy

    def policy_of(self, variant: Variant) -> Policy:
        """Returns the policy that a variant is built with."""
        if variant == "policy":
            return self.policy
        return Policy("stock" if variant == "stock" else "default")

    def plugin_of(self, variant: Variant) -> Path | None:
        """Returns the plugin that a variant is built with; stock has none."""
        return None if variant == "stock" else self.plugin


def check_compiler(compiler: VariantCompiler) -> None:
    """Compiles a few lines in all three ways, so that what is wrong for all is said once.

    Raises:
        UserError: it does not work, e.g. because the weights or the plugin are not for this LLVM;
            or the environment holds options for the plugin, which would meet the control too.
    """
    foreign = sorted(n for n in os.environ if n.startswith("MLGO_") and n not in _HARMLESS)
    if foreign:
        raise UserError(
            f"the environment tells the plugin what to do: {', '.join(foreign)}",
            hint=f"unset {' '.join(foreign)}",
        )
    with tempfile.TemporaryDirectory(prefix="mlgo-") as folder:
        source = Path(folder) / "sample.c"
        source.write_text(_SAMPLE)
        for variant in VARIANTS:
            policy = compiler.policy_of(variant)
            argv: list[str | Path] = [compiler.toolchain.clang, *policy.arguments(compiler.plugin)]
            argv += ["-Oz", "-c", source, "-o", source.with_suffix(".o")]
            finished = run(argv, env=policy.environment())
            if finished.code != 0:
                raise UserError(
                    f"clang does not compile with the policy {policy.kind!r}: {reason(finished)}",
                    hint="build the plugin again for this LLVM: `mlgo plugin build`",
                )
