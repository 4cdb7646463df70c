"""The decisions of one module, searched: what each flip that was tried is worth, near the optimum.

The search of `mlgo tune` tries many flips in one compile, and every compile starts from the best
decisions so far. For learning that is worth more than flips around a policy, one process each:
ten to twenty times as many flips for the same CPU time, measured in the company of good decisions.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mlgo.corpus.program import Module
from mlgo.inlining.dataset import Examples
from mlgo.inlining.features import FEATURES
from mlgo.inlining.reward import LinkedWeights
from mlgo.policy import Policy
from mlgo.rollout.arrays import from_text, read_arrays, save_arrays
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.explore import Sizes, trajectory
from mlgo.tune.decisions import Decision, write_decisions
from mlgo.tune.module import ModuleTarget
from mlgo.tune.search import bytes_of, search, start
from mlgo.tune.state import Params

_Call = TypeVar("_Call")


@dataclass(frozen=True)
class Effect:
    """What flipping decisions together added.

    Attributes:
        indices: of the decisions.
        inlined: for each, whether it was inlined before the flip.
        added: function -> bytes; names of local linkage begin with "static ".
    """

    indices: tuple[int, ...]
    inlined: tuple[bool, ...]
    added: Sizes


@dataclass(frozen=True)
class Searched:
    """A module's best decisions that were found, and what was learnt on the way.

    Attributes:
        features: int64 (n, features), in the order of mlgo.inlining.features.FEATURES.
        decisions: int64 (n,), 1 is inline.
        effects: of all flips that were tried, in order.
        saved: weighted bytes, against the policy that the search began with.
        size: weighted bytes under that policy.
    """

    features: NDArray[np.int64]
    decisions: NDArray[np.int64]
    effects: tuple[Effect, ...]
    saved: float
    size: float


@dataclass(frozen=True)
class _Worth:
    """Counts functions as the linker does, whatever module they are in."""

    weights: LinkedWeights

    def weight(self, module: str, label: str) -> float:
        return self.weights.weight(label)


def search_module(
    compiler: PluginCompiler,
    folder: Path,
    module: Module,
    policy: Policy,
    weights: LinkedWeights,
    compiles: int,
    seed: int,
) -> Searched | None:
    """Searches a module's decisions; None when there are none.

    Args:
        compiler: LLVM 22 and the plugin.
        folder: the program's.
        module: of that program.
        policy: where to begin, unless LLVM's default is smaller; `file` or `default`.
        weights: how much a byte of each function counts.
        compiles: how many to spend.
        seed: of what is tried when.

    Raises:
        UserError: a compile failed.
    """
    target = ModuleTarget(compiler, folder, module, policy, _Worth(weights))
    first = target.compile_as(policy.kind)
    if not first.decisions:
        return None
    begin = [first] if policy.kind == "default" else [first, target.compile_as("default")]
    state = start(target, begin, 2 * len(begin) - 1)
    heard: list[tuple[Sequence[Decision], Sizes]] = []
    search(
        target, state, compiles, Params(seed, sites=False), observe=lambda *flip: heard.append(flip)
    )
    size = bytes_of(target, first.sizes)
    return Searched(
        features_of(target, state.best),
        np.array([d.inline for d in state.best], np.int64),
        _effects(heard, state.best),
        size - state.best_size,
        size,
    )


def features_of(target: ModuleTarget, best: Sequence[Decision]) -> NDArray[np.int64]:
    """The features of decisions that a compile has taken, without generating code."""
    with tempfile.TemporaryDirectory(prefix="mlgo-search-") as name:
        listed = Path(name) / "decisions.tsv"
        write_decisions(listed, {"": best})
        policy = dataclasses.replace(target.prior, decisions=listed)
        path = trajectory(target.compiler, target.folder, target.module, policy)
        return path.matrix(FEATURES)


def _effects(
    heard: Sequence[tuple[Sequence[Decision], Sizes]], decisions: Sequence[Decision]
) -> tuple[Effect, ...]:
    """Flips by the decisions' indices; those of calls that are gone in the end are left out."""
    index = {decision.key: i for i, decision in enumerate(decisions)}
    return tuple(
        Effect(tuple(index[d.key] for d in flip), tuple(d.inline for d in flip), added)
        for flip, added in heard
        if all(d.key in index for d in flip)
    )


def flips(searched: Searched, weights: LinkedWeights, sharing: float, clip: float) -> Examples:
    """Returns the decisions that were tried, with the action that makes the program smaller.

    The last trial of a decision counts: its company is nearest to the best. What decisions change
    together is shared among them, and counts where they save together or were not tried alone.

    Args:
        searched: a module.
        weights: of its program.
        sharing: a byte of a function counts its linked weight to this power.
        clip: bytes above which a change counts no more.
    """
    worth: dict[int, float] = {}  # bytes that inlining adds, against keeping the call
    for effect in searched.effects:
        added = sum(weights.weight(n) ** sharing * size for n, size in effect.added.items())
        count_flip(worth, effect.indices, effect.inlined, added)
    indices = sorted(worth)
    change = np.array([worth[index] for index in indices], np.float32)
    weight = np.minimum(np.abs(change), clip).astype(np.float32)
    return Examples(searched.features[indices], (change < 0).astype(np.int64), weight)


def count_flip(
    worth: dict[_Call, float], calls: Sequence[_Call], inlined: Sequence[bool], added: float
) -> None:
    """Notes what inlining each call adds, in bytes, by what flipping all of them together added.

    They share it; it counts where they save together or where a call was not tried alone.
    """
    share = added / len(calls)
    for call, was_inlined in zip(calls, inlined, strict=True):
        if len(calls) == 1 or share < 0 or call not in worth:
            worth[call] = -share if was_inlined else share


def save_searched(path: Path, searched: Searched) -> None:
    """Writes a search's result, atomically and without pickle; the folder is made."""
    effects = [(e.indices, [int(i) for i in e.inlined], e.added) for e in searched.effects]
    text = json.dumps(
        {"effects": effects, "saved": searched.saved, "size": searched.size}, sort_keys=True
    )
    arrays = {"features": searched.features, "decisions": searched.decisions}
    save_arrays(path, {**arrays, "text": from_text(text)})


def load_searched(path: Path) -> Searched:
    """Reads a search's result.

    Raises:
        UserError: the file is missing or malformed.
    """
    with read_arrays(path, "is no searched module") as arrays:
        text = json.loads(arrays["text"].tobytes())
        effects = tuple(
            Effect(tuple(indices), tuple(map(bool, inlined)), added)
            for indices, inlined, added in text["effects"]
        )
        return Searched(
            arrays["features"], arrays["decisions"], effects, text["saved"], text["size"]
        )
