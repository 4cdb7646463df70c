"""Small problems at random, and the answer by trying every offset of every buffer."""

from __future__ import annotations

import random

from telamalloc.problem import Buffer, Gap, Problem


def feasible(problem: Problem) -> bool:
    """Tries all offsets, one buffer after the other; shares nothing with the core."""
    assert problem.capacity is not None
    buffers = problem.buffers
    heights = [_heights(b) for b in buffers]
    sharing = {(b.id, other) for b in buffers for other in b.aliases}
    sharing |= {(y, x) for x, y in sharing}
    order = sorted(range(len(buffers)), key=lambda i: -buffers[i].size)
    placed: list[tuple[int, int]] = []

    def clashes(i: int, at: int, j: int, there: int) -> bool:
        if at == there and (buffers[i].id, buffers[j].id) in sharing:
            return False
        return any(
            at < there + heights[j][t] and there < at + h
            for t, h in heights[i].items()
            if heights[j].get(t)
        )

    def place(depth: int) -> bool:
        if depth == len(order):
            return True
        i = order[depth]
        for at in _offsets(buffers[i], problem.capacity or 0):
            if not any(clashes(i, at, j, there) for j, there in placed):
                placed.append((i, at))
                if place(depth + 1):
                    return True
                placed.pop()
        return False

    return place(0)


def _offsets(b: Buffer, capacity: int) -> list[int]:
    first, last = b.region or (0, capacity)
    choices = range(first, min(last, capacity) - b.size + 1)
    return [x for x in choices if x % b.alignment == 0 and b.offset in (None, x)]


def _heights(b: Buffer) -> dict[int, int]:
    height = dict.fromkeys(range(b.lower, b.upper), b.size)
    for gap in b.gaps:
        height.update(dict.fromkeys(range(gap.lower, gap.upper), gap.size))
    return {t: h for t, h in height.items() if h}


def small(rng: random.Random, rich: bool) -> Problem:
    """Up to eight buffers, near the edge of what fits; rich: with every feature."""
    steps = rng.randint(3, 9)
    buffers = []
    for i in range(rng.randint(1, 6 if rich else 8)):
        lower = rng.randrange(steps)
        buffers.append(
            Buffer(str(i), lower, rng.randint(lower + 1, steps), rng.choice([1, 1, 2, 2, 3, 4]))
        )
    live = max(sum(b.size for b in buffers if b.lower <= t < b.upper) for t in range(steps))
    capacity = live + rng.choice([0, 0, 0, 0, -1, 1])
    if rich:
        buffers = [_enrich(rng, b, capacity, i) for i, b in enumerate(buffers)]
    return Problem.from_buffers(buffers, max(capacity, max(b.size for b in buffers)))


def _enrich(rng: random.Random, b: Buffer, capacity: int, index: int) -> Buffer:
    kind = rng.randrange(8)
    alignment, offset, region, gaps, aliases = 1, None, None, (), ()
    if kind == 0:
        alignment = rng.choice([2, 4])
    elif kind == 1:
        offset = rng.randint(0, max(0, capacity - b.size))
    elif kind == 2:
        first = rng.randint(0, max(0, capacity - b.size))
        region = (first, rng.randint(first + b.size, max(capacity, first + b.size)))
    elif kind == 3 and b.upper - b.lower > 1:
        lower = rng.randrange(b.lower, b.upper)
        gaps = (Gap(lower, rng.randint(lower + 1, b.upper), rng.randint(0, b.size - 1)),)
    elif kind == 4 and index > 0:
        aliases = (str(rng.randrange(index)),)
    return Buffer(b.id, b.lower, b.upper, b.size, alignment, offset, region, None, gaps, aliases)
