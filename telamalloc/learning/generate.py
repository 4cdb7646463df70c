"""Instances to learn from and to measure on, made from a seed.

Tight families are cut out of a full rectangle of time by memory, so a plan is known; graph
families walk the tensors of a made-up network. A name such as `sweep-7` says all: family and
seed. Even seeds are for training, odd ones are held out; the families in `HELD_OUT_FAMILIES`
are never trained on at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from telamalloc.problem import Ints, Problem

Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Instance:
    """A problem with a plan that is known to fit.

    Attributes:
        name: `<family>-<seed>`.
        problem: with the capacity that the plan needs.
        offsets: (n,) the plan.
    """

    name: str
    problem: Problem
    offsets: Ints

    @property
    def fill(self) -> float:
        """Share of the rectangle of live time by capacity that buffers cover."""
        p = self.problem
        assert p.capacity is not None
        area = ((p.upper - p.lower).astype(float) * p.size).sum()
        return float(area / (float(p.upper.max() - p.lower.min()) * p.capacity))


# A block of the plan: lower, upper, offset, end.
Block = tuple[int, int, int, int]


def _cut(rng: Rng, low: int, high: int, step: int) -> int:
    """A random multiple of `step` strictly between, drawn towards the middle."""
    places = (high - low) // step
    share = rng.beta(1.6, 1.6)
    return low + step * int(np.clip(round(share * places), 1, places - 1))


def _guillotine(rng: Rng, count: int) -> list[Block]:
    """Halves the largest blocks at random, across time or across memory."""
    steps, units = int(rng.integers(40, 4000)), int(rng.integers(64, 4096))
    blocks: list[Block] = [(0, steps, 0, units)]
    lean = rng.uniform(0.3, 0.7)
    while len(blocks) < count:
        areas = np.array([(b[1] - b[0]) * float(b[3] - b[2]) for b in blocks])
        weight = areas ** rng.uniform(0.5, 1.5)
        at = int(rng.choice(len(blocks), p=weight / weight.sum()))
        lower, upper, low, high = blocks[at]
        in_time = rng.random() < lean
        if (in_time and upper - lower < 2) or (not in_time and high - low < 2):
            in_time = not in_time
        if (in_time and upper - lower < 2) or (not in_time and high - low < 2):
            break
        if in_time:
            cut = _cut(rng, lower, upper, 1)
            blocks[at] = (lower, cut, low, high)
            blocks.append((cut, upper, low, high))
        else:
            cut = _cut(rng, low, high, 1)
            blocks[at] = (lower, upper, low, cut)
            blocks.append((lower, upper, cut, high))
    return blocks


def _lifetimes(rng: Rng, steps: int) -> Callable[[], int]:
    """Mostly short lives, some that span much of the run."""
    mean, tail = rng.uniform(0.02, 0.12) * steps, rng.uniform(0.05, 0.3)

    def draw() -> int:
        long = rng.random() < tail
        return max(1, int(rng.exponential(mean * (6 if long else 1))))

    return draw


def _sizes(rng: Rng, units: int) -> Callable[[int], int]:
    """Shares of a hole: log-uniform, drawn from a few common sizes at times."""
    typical = rng.uniform(0.03, 0.15) * units
    common = [max(1, int(typical * rng.uniform(0.3, 2))) for _ in range(5)]
    repeated = rng.uniform(0, 0.6)

    def draw(hole: int) -> int:
        if rng.random() < repeated:
            return min(hole, int(rng.choice(common)))
        return min(hole, max(1, int(typical * np.exp(rng.normal(-0.3, 0.9)))))

    return draw


def _sweep(rng: Rng, count: int) -> list[Block]:
    """Runs through time and fills every hole at once with buffers of random lives.

    Unlike a guillotine's, the blocks interlock.
    """
    units = int(rng.integers(200, 4096))
    steps = int(rng.integers(60, 2000))
    for _ in range(40):
        blocks = _fill(rng, steps, units)
        if 0.85 * count <= len(blocks) <= 1.15 * count:
            break
        steps = int(np.clip(steps * count / len(blocks), 12, 100_000))
    return blocks


def _fill(rng: Rng, steps: int, units: int) -> list[Block]:
    life, size = _lifetimes(rng, max(steps, 60)), _sizes(rng, units)
    blocks: list[Block] = []
    frees: dict[int, list[tuple[int, int]]] = {0: [(0, units)]}
    while frees:
        now = min(frees)
        for low, high in _merge(frees.pop(now)):
            while low < high:
                end = low + size(high - low)
                if high - end < units * 0.004:  # No slivers: a real buffer has a size.
                    end = high
                upper = min(steps, now + life())
                if steps - upper < steps * 0.01:
                    upper = steps
                blocks.append((now, upper, low, end))
                if upper < steps:
                    frees.setdefault(upper, []).append((low, end))
                low = end
    return blocks


def _merge(holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(holes):
        if merged and merged[-1][1] == low:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged


def _pixel(rng: Rng, count: int) -> list[Block]:
    """A sweep whose weights stay for long stretches and whose activations come and go."""
    units, blocks = 1024, []
    weights = int(units * rng.uniform(0.15, 0.5))
    steps = int(rng.integers(200, 1200))
    for _ in range(40):
        blocks = _stationary(rng, steps, weights)
        activations = _fill(rng, steps, units - weights)
        blocks += [(a, b, low + weights, high + weights) for a, b, low, high in activations]
        if 0.85 * count <= len(blocks) <= 1.15 * count:
            break
        steps = int(np.clip(steps * count / len(blocks), 20, 100_000))
    return blocks


def _stationary(rng: Rng, steps: int, units: int) -> list[Block]:
    """Rows of long-lived buffers, each row cut in time by its own clock."""
    blocks: list[Block] = []
    low = 0
    while low < units:
        high = min(units, low + int(rng.integers(8, 80)))
        at = 0
        while at < steps:
            upper = min(steps, at + max(2, int(steps * rng.uniform(0.1, 0.7))))
            blocks.append((at, upper, low, high))
            at = upper
        low = high
    return blocks


def _loosen(rng: Rng, blocks: list[Block]) -> list[Block]:
    """Takes up to a tenth of the area away: whole blocks, bytes at the top, or time."""
    spare = float(rng.choice([0.0, 0.02, 0.05, 0.08]))
    total = sum((b[1] - b[0]) * (b[3] - b[2]) for b in blocks)
    kept = list(blocks)
    taken = 0.0
    for at in rng.permutation(len(kept)).tolist():
        lower, upper, low, high = kept[at]
        shrink = int((high - low) * rng.uniform(0, 0.3)), int((upper - lower) * rng.uniform(0, 0.3))
        if rng.random() < 0.5:
            changed = (lower, upper, low, high - shrink[0])
        else:
            changed = (lower, upper - shrink[1], low, high)
        loss = (upper - lower) * (high - low) - (changed[1] - changed[0]) * (changed[3] - changed[2])
        if taken + loss <= spare * total:
            kept[at] = changed
            taken += loss
    return kept


_TIGHT: dict[str, Callable[[Rng, int], list[Block]]] = {
    "guillotine": _guillotine,
    "pixel": _pixel,
    "sweep": _sweep,
}
FAMILIES = tuple(sorted(_TIGHT))


def tight(family: str, seed: int, count: int | None = None) -> Instance:
    """A tight instance of 60 to 500 buffers (or about `count`) with at least 90 % fill.

    Args:
        family: one of `FAMILIES`.
        seed: the same seed gives the same instance.
        count: about how many buffers.
    """
    rng = np.random.default_rng([FAMILIES.index(family), seed])
    wanted = count or int(rng.integers(65, 440))
    blocks = _loosen(rng, _TIGHT[family](rng, wanted))
    capacity = max(b[3] for b in blocks)
    unit = int(rng.choice([1, 16, 64, 1024]))
    order = rng.permutation(len(blocks))
    lower, upper, low, high = np.array(blocks, dtype=np.int64)[order].T
    problem = Problem.from_arrays(lower, upper, (high - low) * unit, capacity * unit)
    return Instance(f"{family}-{seed}", problem, low * unit)


def tight_set(number: int, held_out: bool) -> Iterator[Instance]:
    """`number` tight instances, families in turn; held out: odd seeds, else even ones."""
    for i in range(number):
        seed = 2 * (i // len(FAMILIES)) + int(held_out)
        yield tight(FAMILIES[i % len(FAMILIES)], seed)
