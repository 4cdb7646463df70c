"""What would the other decision have cost? Alternatives of one module, measured in one compile.

The plugin forks at each decision to explore (mlgo/plugin/Explorer.h), so that an alternative costs
a fraction of a compile. Needs LLVM 22: earlier releases have no hook before code generation.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgo.corpus.program import Module
from mlgo.errors import UserError
from mlgo.inlining.features import DEFAULT_DECISION, FEATURES
from mlgo.policy import Policy
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.log import Trajectory, read_log

#: Function -> bytes. Names of local linkage begin with "static ".
Sizes = dict[str, int]


@dataclass(frozen=True)
class Exploration:
    """A module's trajectory and some of its alternatives.

    Attributes:
        features: int64 (n, features), in the order of mlgo.inlining.features.FEATURES.
        decisions: int64 (n,), 1 is inline.
        logits: float32 (n,), the policy's.
        sizes: of the policy's own compile.
        callees: int64 (n,), the same number for calls of the same function.
        changes: decision index -> the functions whose size changes when it is flipped, with their
            new size (0: the function is gone).
        callee_changes: likewise, when all decisions on this callee from there on are flipped.
    """

    features: NDArray[np.int64]
    decisions: NDArray[np.int64]
    logits: NDArray[np.float32]
    callees: NDArray[np.int64]
    sizes: Sizes
    changes: dict[int, Sizes]
    callee_changes: dict[int, Sizes]

    def calls_of(self, index: int) -> NDArray[np.int64]:
        """Returns the decisions that `callee_changes[index]` flips, ascending."""
        same = self.callees == self.callees[index]
        same &= self.decisions == self.decisions[index]
        return np.flatnonzero(same & (np.arange(len(same)) >= index))


def trajectory(
    compiler: PluginCompiler, folder: Path, module: Module, policy: Policy
) -> Trajectory:
    """Returns the policy's decisions for a module, without generating code.

    Raises:
        UserError: the compile failed.
    """
    return _recorded(compiler, folder, module, policy)[0]


def measure(compiler: PluginCompiler, folder: Path, module: Module, policy: Policy) -> Sizes:
    """Returns the size of each function of a module under a policy.

    Raises:
        UserError: the compile failed.
    """
    return _measured(compiler, folder, module, policy, [], []).main


def explore(
    compiler: PluginCompiler,
    folder: Path,
    module: Module,
    policy: Policy,
    count: int,
    rng: np.random.Generator,
) -> tuple[Exploration | None, float]:
    """Explores at most `count` flips of a policy's decisions; None when it has none.

    About a third of them are callees whose calls all flip together, as far as there are any.

    Returns:
        The exploration, and the CPU seconds of compiling that it took.

    Raises:
        UserError: the compile failed.
    """
    path, names, recording = _recorded(compiler, folder, module, policy)
    if not len(path):
        return None, recording
    logits = path.rows["logit"].reshape(-1)
    decisions = path.rows["inlining_decision"].reshape(-1).astype(np.int64)
    callees = np.unique(names, return_inverse=True)[1].astype(np.int64)
    features = path.matrix(FEATURES)
    together = choose_callees(callees, decisions, features, count // 3, rng)
    default = features[:, FEATURES.index(DEFAULT_DECISION)]
    alone = choose(logits, decisions, default, count - len(together), rng)
    measured = _measured(compiler, folder, module, policy, alone, together)
    found = Exploration(
        features=features,
        decisions=decisions,
        logits=logits.astype(np.float32),
        callees=callees,
        sizes=measured.main,
        changes=measured.changes,
        callee_changes=measured.callee_changes,
    )
    return found, recording + measured.seconds


def choose(
    logits: NDArray[np.float32],
    decisions: NDArray[np.int64],
    default: NDArray[np.int64],
    count: int,
    rng: np.random.Generator,
) -> list[int]:
    """Draws decisions to explore, ascending: unsure ones and refused calls more often.

    Flipping a call that LLVM's default refuses helps about four times as often as flipping one
    that it inlines (measured over nine packages). Where the policy overrules the default it is
    explored however sure it is: there it can do harm.
    """
    preference = np.where(decisions == 0, np.log(4.0), 0.0) - np.abs(logits)
    preference = np.where(decisions != default, np.log(8.0), preference)
    # Gumbel noise makes the ranking a draw without replacement (Vieira, 2014).
    ranking = np.argsort(-(preference + rng.gumbel(size=len(logits))), kind="stable")
    return sorted(ranking[:count].tolist())


def choose_callees(
    callees: NDArray[np.int64],
    decisions: NDArray[np.int64],
    features: NDArray[np.int64],
    count: int,
    rng: np.random.Generator,
) -> list[int]:
    """Draws callees to explore, named by their first decision, ascending.

    Only those that go with their last call (static and linkonce functions whose address is not
    taken) and have at least two calls: for others, flipping each call alone tells as much. The
    fewer the calls, the likelier they are all worth flipping.
    """
    goes = features[:, FEATURES.index("callee_is_discardable")] != 0
    goes &= features[:, FEATURES.index("callee_other_uses")] == 0
    _, first, number = np.unique(callees, return_index=True, return_inverse=True)
    alike = np.bincount(number, weights=decisions == decisions[first][number])
    eligible = goes[first] & (alike >= 2)
    first, preference = first[eligible], -np.log(alike[eligible])
    ranking = np.argsort(-(preference + rng.gumbel(size=len(first))), kind="stable")
    return sorted(first[ranking[:count]].tolist())


def _recorded(
    compiler: PluginCompiler, folder: Path, module: Module, policy: Policy
) -> tuple[Trajectory, list[str], float]:
    """The policy's decisions for a module, the name of each one's callee, and CPU seconds."""
    with tempfile.TemporaryDirectory(prefix="mlgo-rollout-") as name:
        log, record = Path(name) / "log", Path(name) / "record"
        env = {"MLGO_LOG": str(log), "MLGO_RECORD": str(record)}
        arguments = ("-emit-llvm",)
        seconds = compiler.compile(folder, module, policy, env=env, arguments=arguments).seconds
        if not log.exists():
            return _empty(), [], seconds
        rows = [line.split("\t") for line in record.read_text().splitlines()]
        return read_log(log), [row[2] for row in rows if row[0] in ("inline", "keep")], seconds


@dataclass(frozen=True)
class _Measured:
    """The sizes of the policy's own compile, what alternatives change, and CPU seconds of all."""

    main: Sizes
    changes: dict[int, Sizes]
    callee_changes: dict[int, Sizes]
    seconds: float


def _measured(
    compiler: PluginCompiler,
    folder: Path,
    module: Module,
    policy: Policy,
    alone: list[int],
    together: list[int],
) -> _Measured:
    with tempfile.TemporaryDirectory(prefix="mlgo-rollout-") as name:
        output = Path(name) / "sizes"
        env = {"MLGO_SIZES": str(output), "MLGO_EXPLORE": ",".join(map(str, alone))}
        env["MLGO_EXPLORE_CALLEES"] = ",".join(map(str, together))
        seconds = compiler.compile(folder, module, policy, env=env).seconds
        lines = [json.loads(line) for line in output.read_text().splitlines()]
    if not lines or lines[0]["flip"] != -1:
        raise UserError(f"compiling {module.name} measured nothing", exit_code=1)
    alternatives = sorted(lines[1:], key=lambda line: line["flip"])
    changes = {line["flip"]: line["sizes"] for line in alternatives if not line["callee"]}
    callee_changes = {line["flip"]: line["sizes"] for line in alternatives if line["callee"]}
    return _Measured(lines[0]["sizes"], changes, callee_changes, seconds)


def _empty() -> Trajectory:
    return Trajectory(np.empty(0, np.dtype([])), ())
