"""One compile of a module under a policy: what was decided, and how big it became."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgo.corpus.program import Module
from mlgo.errors import UserError
from mlgo.inlining.features import FEATURES
from mlgo.policy import Policy
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.explore import Sizes
from mlgo.rollout.log import read_log


@dataclass(frozen=True)
class Sample:
    """A trajectory with its outcome.

    Attributes:
        features: int64 (n, features), in the order of mlgo.inlining.features.FEATURES.
        decisions: int64 (n,), 1 is inline.
        logits: float32 (n,), the policy's; it inlined with probability sigmoid(logit/temperature).
        sizes: bytes of each function.
        seconds: CPU time of the compile.
    """

    features: NDArray[np.int64]
    decisions: NDArray[np.int64]
    logits: NDArray[np.float32]
    sizes: Sizes
    seconds: float


def sample(compiler: PluginCompiler, folder: Path, module: Module, policy: Policy) -> Sample:
    """Compiles a module; the policy is evaluated, and sampled, inside the compiler.

    Raises:
        UserError: the compile failed.
    """
    with tempfile.TemporaryDirectory(prefix="mlgo-rollout-") as name:
        log, sizes = Path(name) / "log", Path(name) / "sizes"
        env = {"MLGO_LOG": str(log), "MLGO_SIZES": str(sizes)}
        done = compiler.compile(folder, module, policy, env=env)
        if not sizes.exists():
            raise UserError(f"compiling {module.name} measured nothing", exit_code=1)
        found = json.loads(sizes.read_text().splitlines()[0])["sizes"]
        return _sample(log, found, done.seconds)


def _sample(log: Path, sizes: Sizes, seconds: float) -> Sample:
    if not log.exists():  # nothing to decide
        empty = np.empty(0)
        none = np.empty((0, len(FEATURES)), np.int64)
        return Sample(none, empty.astype(np.int64), empty.astype(np.float32), sizes, seconds)
    path = read_log(log)
    return Sample(
        features=path.matrix(FEATURES),
        decisions=path.rows["inlining_decision"].reshape(-1).astype(np.int64),
        logits=path.rows["logit"].reshape(-1).astype(np.float32),
        sizes=sizes,
        seconds=seconds,
    )
