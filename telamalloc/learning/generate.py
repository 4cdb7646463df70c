"""Instances to learn from and to measure on, made from a seed.

Tight families are cut out of a full rectangle of time by memory, so a plan is known; graph
families walk the tensors of a made-up network. A name such as `unet-7` says all: family and
seed. Even seeds are for training, odd ones are held out, of every family.
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


@dataclass(frozen=True)
class _Shape:
    """How a fill draws its buffers."""

    steps: int
    units: int
    lives: tuple[int, ...]
    sizes: tuple[int, ...]

    def life(self, rng: Rng) -> int:
        return int(rng.choice(self.lives))

    def size(self, rng: Rng, hole: int) -> int:
        """At most the hole."""
        return _rounded(min(hole, int(rng.choice(self.sizes))), self.units)


def _classes(rng: Rng, number: int, low: float, high: float) -> tuple[int, ...]:
    """A few log-uniform values: the tensor shapes of a network repeat."""
    return tuple(int(x) for x in np.exp(rng.uniform(np.log(low), np.log(high), number)).round())


def _menu(units: int) -> tuple[int, ...]:
    """Sizes of tensors: channels come as 2^k or 3 * 2^k."""
    sizes = {m << k for m in (1, 3) for k in range(12)}
    return tuple(sorted(x for x in sizes if x <= units))


def _rounded(value: float, units: int) -> int:
    """The largest such size up to `value`."""
    return max((x for x in _menu(units) if x <= value), default=1)


def _fill(rng: Rng, shape: _Shape, obstacles: list[Block]) -> list[Block]:
    """Runs through time and fills holes at once, around the blocks that are there already."""
    blocks: list[Block] = []
    live: list[Block] = []
    starts = sorted(obstacles)
    for now in range(shape.steps):
        live = [b for b in live if b[1] > now]
        live += [b for b in starts if b[0] == now]
        for low, high in _holes(live, shape.units):
            while low < high:
                end = low + shape.size(rng, high - low)
                upper = min(shape.steps, now + shape.life(rng))
                later = [b[0] for b in starts if now < b[0] < upper and b[2] < end and low < b[3]]
                block = (now, min(later, default=upper), low, end)
                blocks.append(block)
                live.append(block)
                low = end
    return blocks


def _holes(live: list[Block], units: int) -> list[tuple[int, int]]:
    holes, at = [], 0
    for _, _, low, high in sorted(live, key=lambda b: b[2]):
        if low > at:
            holes.append((at, low))
        at = max(at, high)
    if at < units:
        holes.append((at, units))
    return holes


def _first_fit(wanted: list[tuple[int, int, int]], units: int) -> list[Block]:
    """Places (lower, upper, size), the largest first, as low as it goes; leaves out the rest."""
    placed: list[Block] = []
    for lower, upper, size in sorted(wanted, key=lambda w: (-w[2], w[0])):
        at = 0
        for _, _, low, high in sorted(
            (b for b in placed if b[0] < upper and lower < b[1]), key=lambda b: b[2]
        ):
            if at + size <= low:
                break
            at = max(at, high)
        if at + size <= units:
            placed.append((lower, upper, at, at + size))
    return placed


# A family: (rng, steps) -> (memory in units, tensors as (lower, upper, units)).
Tensors = tuple[int, list[tuple[int, int, int]]]


def _memory(rng: Rng) -> int:
    """On-chip memories come in round sizes."""
    return int(rng.choice([32, 48, 64, 96, 128]))


def _sequence(rng: Rng, steps: int) -> Tensors:
    """No network at all: the fill alone, a row of buffers after the other."""
    return _memory(rng), []


def _pixel(rng: Rng, steps: int) -> Tensors:
    """Weights that stay for long stretches; activations come and go between them."""
    units = _memory(rng)
    tensors = []
    for _ in range(int(rng.integers(3, 9))):
        lower = int(rng.integers(0, max(1, steps // 2)))
        upper = int(rng.integers(lower + steps // 4, steps + 1))
        tensors.append((lower, upper, int(rng.integers(1, max(2, units // 8)))))
    return units, tensors


def _cnn(rng: Rng, steps: int) -> Tensors:
    """Each layer reads the one before; maps shrink as the network goes down."""
    units = _memory(rng)
    tensors, size = [], units // 2
    for t in range(steps):
        if rng.random() < 0.15:
            size = max(units // 16, size * 2 // 3)
        tensors.append((t, min(steps, t + 2), max(1, size * int(rng.integers(1, 3)) // 3)))
        if rng.random() < 0.2:  # A shortcut.
            tensors.append((t, min(steps, t + int(rng.integers(3, 7))), max(1, size // 2)))
    return units, tensors


def _unet(rng: Rng, steps: int) -> Tensors:
    """Maps of the way down wait for their level on the way up."""
    units = _memory(rng)
    depth = int(rng.integers(3, 6))
    tensors = []
    for level in range(depth):
        down, up = level * steps // (2 * depth), steps - level * steps // (2 * depth)
        tensors.append((down, up, max(1, units >> (level + 2))))
    for t in range(steps):
        level = min(t, steps - 1 - t) * 2 * depth // steps
        tensors.append((t, min(steps, t + 2), max(1, (units >> (level // 2 + 2)))))
    return units, tensors


def _transformer(rng: Rng, steps: int) -> Tensors:
    """Layers of the same tensors: the residual stream, queries, scores, the hidden layer."""
    units = _memory(rng)
    width = max(1, units // int(rng.integers(12, 24)))
    tensors = []
    for t in range(0, steps, 6):
        tensors += [
            (t, min(steps, t + 7), 2 * width),
            (t + 1, t + 3, 3 * width),
            (t + 2, t + 4, int(rng.integers(2, 6)) * width),
            (t + 3, t + 5, width),
            (t + 4, t + 6, 4 * width),
        ]
    return units, [(a, min(b, steps), c) for a, b, c in tensors if a < min(b, steps)]


def _nas(rng: Rng, steps: int) -> Tensors:
    """Cells whose branches have lives and sizes of all kinds."""
    units = _memory(rng)
    tensors = []
    for t in range(steps):
        for _ in range(int(rng.integers(1, 4))):
            life = 1 + int(rng.geometric(0.3))
            tensors.append((t, min(steps, t + life), int(rng.integers(1, max(2, units // 6)))))
    return units, tensors


def _network(profile: Callable[[Rng, int], Tensors]) -> Callable[[Rng, int], list[Block]]:
    """The tensors of a network, and prefetched weights in what they leave free."""

    def blocks(rng: Rng, count: int) -> list[Block]:
        steps = max(8, count // 4)
        best: list[Block] = []
        for _ in range(12):
            units, tensors = profile(rng, steps)
            lives = _classes(rng, 4, 2, max(4, steps / 4))
            shape = _Shape(steps, units, lives, _classes(rng, 5, max(2, units / 24), units / 4))
            fixed = _first_fit([(a, b, _rounded(c, units)) for a, b, c in tensors], units)
            made = fixed + _fill(rng, shape, fixed)
            if not best or abs(len(made) - count) < abs(len(best) - count):
                best = made
            if 0.9 * count <= len(made) <= 1.1 * count:
                break
            steps = int(np.clip(steps * count / len(made), 8, 4 * count))
        return best

    return blocks


def _loosen(rng: Rng, blocks: list[Block]) -> list[Block]:
    """Takes blocks out, up to a tenth of the rectangle's area with what is free already."""
    spare = float(rng.choice([0.0, 0.03, 0.06, 0.09]))
    room = max(b[3] for b in blocks) * (max(b[1] for b in blocks) - min(b[0] for b in blocks))
    area = sum((b[1] - b[0]) * (b[3] - b[2]) for b in blocks)
    least = max((1 - spare) * area, 0.9 * room)
    kept = []
    for at in rng.permutation(len(blocks)).tolist():
        lower, upper, low, high = blocks[at]
        own = (upper - lower) * (high - low)
        if area - own >= least and own < 0.02 * room:
            area -= own
        else:
            kept.append(blocks[at])
    return kept


_TIGHT: dict[str, Callable[[Rng, int], list[Block]]] = {
    "cnn": _network(_cnn),
    "guillotine": _guillotine,
    "nas": _network(_nas),
    "pixel": _network(_pixel),
    "sequence": _network(_sequence),
    "transformer": _network(_transformer),
    "unet": _network(_unet),
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
    wanted = count or int(rng.integers(75, 450))
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


def many(count: int, seed: int) -> Problem:
    """A large problem without a known plan: lifetimes with a heavy tail, log-normal sizes."""
    rng = np.random.default_rng([1000, seed])
    lower = np.sort(rng.integers(0, max(1, count // 4), count))
    life = 1 + np.minimum(rng.pareto(1.3, count) * 8, count / 8).astype(np.int64)
    size = np.exp(rng.normal(8, 2, count)).astype(np.int64) // 64 * 64 + 64
    return Problem.from_arrays(lower, lower + life, size)


def most_live(problem: Problem) -> int:
    """The largest number of buffers live at once."""
    times = np.concatenate([problem.upper, problem.lower])
    change = np.repeat([-1, 1], len(problem))
    order = np.lexsort((change, times))
    return int(np.cumsum(change[order]).max(initial=0))
