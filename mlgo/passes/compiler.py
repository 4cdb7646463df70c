"""Code generation with some passes skipped: how large each function is then."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlgo.corpus.elf import text_sections
from mlgo.corpus.program import Module
from mlgo.passes.log import read_passes_log
from mlgo.passes.weights import FUNCTION_FEATURES, PASSES
from mlgo.toolchain import Toolchain
from mlgo.weights_file import Floats
from mlgo.workloads.optimise import Extra, generate_code

_PREFIXES = ("", "unlikely.", "startup.", "exit.", "hot.")


@dataclass(frozen=True)
class Function:
    """What is known of a function, and what was decided.

    Attributes:
        features: float32 (FUNCTION_FEATURES,).
        skipped: for each of PASSES.
    """

    features: Floats
    skipped: tuple[bool, ...]


@dataclass(frozen=True)
class PassCompiler:
    """Generates code at -Oz from optimised modules, in the order of allocation for size.

    Attributes:
        toolchain: of LLVM 22.
        plugin: built for it, with an order for size.
    """

    toolchain: Toolchain
    plugin: Path

    def sizes(
        self,
        module: Module,
        weights: Path | None,
        *,
        flip: str = "",
        functions: dict[str, Function] | None = None,
    ) -> dict[str, int]:
        """Returns section -> bytes of .text and .text.*.

        Args:
            module: from `Optimiser.optimise` at -Oz.
            weights: of the choice; all passes run without.
            flip: one of PASSES, about which all decisions are inverted.
            functions: where to put what the plugin tells of each.

        Raises:
            UserError: the compile failed.
        """
        with tempfile.TemporaryDirectory(prefix="mlgo-passes-") as name:
            log, output = Path(name) / "log", Path(name) / "x.o"
            env = {"MLGO_POLICY": "off", "MLGO_SIZE_ORDER": "learned", "MLGO_PASSES": "default"}
            env |= {"MLGO_PASSES": "file", "MLGO_PASSES_WEIGHTS": str(weights)} if weights else {}
            env |= {"MLGO_PASSES_FLIP": flip} if flip else {}
            env |= {"MLGO_PASSES_LOG": str(log)} if functions is not None else {}
            extra = Extra((f"-fpass-plugin={self.plugin}",), env)
            generate_code(self.toolchain, module, "-Oz", output, extra)
            if functions is not None:
                functions.update(read_passes_log(log, _function))
            return text_sections(output)


def size_of(sizes: dict[str, int], function: str) -> int | None:
    """Returns a function's bytes, if it has a section of its own."""
    for prefix in _PREFIXES:
        if f".text.{prefix}{function}" in sizes:
            return sizes[f".text.{prefix}{function}"]
    return None


def _function(row: dict[str, Any]) -> tuple[str, Function]:
    features = np.array([row[name] for name in FUNCTION_FEATURES], np.float32)
    return row["function"], Function(features, tuple(bool(row[name]) for name in PASSES))
