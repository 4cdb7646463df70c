"""What each pass is worth in each function of a module, in bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlgo.corpus.program import Module
from mlgo.passes.compiler import Function, PassCompiler, size_of
from mlgo.passes.weights import FUNCTION_FEATURES, PASSES
from mlgo.rollout.arrays import save_arrays
from mlgo.weights_file import Floats


@dataclass(frozen=True)
class Worths:
    """Of n functions.

    Attributes:
        features: float32 (n, FUNCTION_FEATURES).
        saved: float32 (n, PASSES), the bytes that skipping a pass saves, while the other passes are
            as the policy has them.
    """

    features: Floats
    saved: Floats

    def save(self, file: Path) -> None:
        """Writes both, atomically."""
        save_arrays(file, {"features": self.features, "saved": self.saved})


def load_worths(file: Path) -> Worths:
    """Reads what `Worths.save` wrote."""
    with np.load(file, allow_pickle=False) as arrays:
        return Worths(arrays["features"], arrays["saved"])


def explore(compiler: PassCompiler, module: Module, weights: Path | None) -> Worths:
    """Compiles a module as a policy has it, and once for each pass with all decisions inverted.

    Args:
        compiler: with the plugin.
        module: optimised.
        weights: of the policy; all passes run without.

    Raises:
        UserError: a compile failed.
    """
    functions: dict[str, Function] = {}
    base = compiler.sizes(module, weights, functions=functions)
    known = {name: f for name, f in functions.items() if size_of(base, name) is not None}
    saved = np.zeros((len(known), len(PASSES)), np.float32)
    for column, name in enumerate(PASSES):
        other = compiler.sizes(module, weights, flip=name)
        for row, (function, told) in enumerate(known.items()):
            change = (size_of(other, function) or 0) - (size_of(base, function) or 0)
            saved[row, column] = change if told.skipped[column] else -change
    features = [f.features for f in known.values()]
    return Worths(np.reshape(np.array(features, np.float32), (-1, len(FUNCTION_FEATURES))), saved)
