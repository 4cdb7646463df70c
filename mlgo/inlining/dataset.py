"""Explorations as supervised examples: features, the better action, the bytes at stake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlgo.inlining.features import FEATURES
from mlgo.inlining.reward import LinkedWeights
from mlgo.rollout.collect import Collected
from mlgo.rollout.explore import Exploration


@dataclass(frozen=True)
class Examples:
    """Call sites and what to do there.

    Attributes:
        features: int64 (n, features), in the order of FEATURES.
        actions: int64 (n,), 1 is inline.
        weights: float32 (n,), at least 0.
    """

    features: NDArray[np.int64]
    actions: NDArray[np.int64]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.actions)


def concatenate(parts: Iterable[Examples]) -> Examples:
    """Joins examples."""
    parts = [_none(), *parts]
    return Examples(
        np.concatenate([p.features for p in parts]),
        np.concatenate([p.actions for p in parts]),
        np.concatenate([p.weights for p in parts]),
    )


def balanced(programs: Iterable[Examples], power: float) -> Examples:
    """Joins the examples of several programs, so that those of a large one do not drown the rest.

    Args:
        programs: the examples of each.
        power: those of a program whose weights are n in sum are scaled by n to the power of -power.
    """
    parts = []
    for examples in programs:
        scale = max(float(examples.weights.sum()), 1.0) ** -power
        weights = (examples.weights * scale).astype(np.float32)
        parts.append(Examples(examples.features, examples.actions, weights))
    return concatenate(parts)


def decisions(collected: Iterable[Collected]) -> Examples:
    """Returns all decisions of the explored policy, with weight 1: for behavioural cloning."""
    parts = []
    for item in collected:
        if found := item.exploration:
            ones = np.ones(len(found.decisions), np.float32)
            parts.append(Examples(found.features, found.decisions, ones))
    return concatenate(parts)


def better_actions(collected: Iterable[Collected], clip: float, link_aware: bool) -> Examples:
    """Returns the explored decisions with the action that makes the program smaller.

    A decision that was flipped both alone and with all calls of its callee counts by the better of
    the two; what a callee's calls change together is shared among them.

    Args:
        collected: explorations of whole programs, because weights depend on what is shared.
        clip: bytes above which a change counts no more.
        link_aware: weigh functions as the linker does; otherwise each byte of an object counts.
    """
    by_program: dict[str, list[Collected]] = defaultdict(list)
    for item in collected:
        by_program[item.task.program.name].append(item)
    parts = []
    for items in by_program.values():
        found = [item.exploration for item in items if item.exploration]
        weights = LinkedWeights(e.sizes for e in found) if link_aware else LinkedWeights([])
        for exploration in found:
            per_decision = _changes(exploration, weights)
            indices = np.array(list(per_decision), np.int64)
            change = np.array(list(per_decision.values()), np.float32)
            taken = exploration.decisions[indices]
            better = np.where(change < 0, 1 - taken, taken)
            weight = np.minimum(np.abs(change), clip).astype(np.float32)
            parts.append(Examples(exploration.features[indices], better, weight))
    return concatenate(parts)


def _changes(exploration: Exploration, weights: LinkedWeights) -> dict[int, float]:
    """Decision index -> weighted bytes that its best explored alternative adds."""
    base = exploration.sizes
    found = {i: weights.change(base, changed) for i, changed in exploration.changes.items()}
    for first, changed in exploration.callee_changes.items():
        calls = exploration.calls_of(first).tolist()
        share = weights.change(base, changed) / len(calls)
        found |= {i: min(share, found.get(i, share)) for i in calls}
    return dict(sorted(found.items()))


def _none() -> Examples:
    empty = np.empty(0)
    return Examples(
        np.empty((0, len(FEATURES)), np.int64), empty.astype(np.int64), empty.astype(np.float32)
    )
