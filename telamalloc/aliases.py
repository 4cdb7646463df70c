"""Buffers that may start at the same offset: each such pair either does or keeps apart.

Pairs that do become one buffer, whose size over time is the larger of the two. The core then
knows nothing of aliases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from telamalloc.problem import LIMIT, NO_OFFSET, Ints, Problem

Pair = tuple[int, int]

# All subsets of so many pairs are looked at, which makes answers exact.
EXACT_PAIRS = 8


def pairs_at_once(problem: Problem) -> list[Pair]:
    """The alias pairs that matter: both live at some time."""
    return [
        (int(a), int(b))
        for a, b in problem.aliases
        if max(problem.lower[a], problem.lower[b]) < min(problem.upper[a], problem.upper[b])
    ]


def subsets(pairs: Sequence[Pair]) -> Iterator[tuple[Pair, ...]]:
    """Which pairs share: all of them first, then fewer; few subsets if there are many pairs."""
    if len(pairs) > EXACT_PAIRS:
        yield tuple(pairs)
        yield ()
        return
    for size in range(len(pairs), -1, -1):
        yield from combinations(pairs, size)


def merge(
    problem: Problem, pairs: Sequence[Pair], skip: bool = False
) -> tuple[Problem, Ints] | None:
    """Makes one buffer of every group that the pairs connect.

    Args:
        problem: with aliases.
        pairs: who shares.
        skip: leave a pair out where it cannot share, instead of giving up.

    Returns:
        The problem without aliases and, by old row, the new one; None: the pairs cannot share.
    """
    group = np.arange(len(problem))
    allowed = {frozenset(pair) for pair in pairs_at_once(problem)}
    for a, b in pairs:
        if group[a] == group[b]:
            continue
        rows = np.flatnonzero((group == group[a]) | (group == group[b]))
        if _may_share(problem, rows, allowed):
            group[rows] = min(group[a], group[b])
        elif not skip:
            return None
    _, new_row = np.unique(group, return_inverse=True)
    return _grouped(problem, new_row.astype(np.int64)), new_row.astype(np.int64)


def lower_bound(problem: Problem) -> int:
    """The largest live sum if every pair shared, allowed or not; no plan has a lower peak."""
    group = np.arange(len(problem))
    for a, b in pairs_at_once(problem):
        group[group == group[b]] = group[a]
    _, new_row = np.unique(group, return_inverse=True)
    times = np.unique(problem.lower)
    most = 0
    for t in times:
        heights = _heights(problem, np.arange(len(problem)), int(t))
        total = np.zeros(int(new_row.max(initial=-1)) + 1, dtype=np.int64)
        np.maximum.at(total, new_row, heights)
        most = max(most, int(total.sum()))
    return most


def _may_share(p: Problem, rows: Ints, allowed: set[frozenset[int]]) -> bool:
    """Whether these buffers can all start at one offset."""
    fixed = np.unique(p.offset[rows][p.offset[rows] != NO_OFFSET])
    if len(fixed) > 1:
        return False
    first = int(p.region_lower[rows].max())
    last = int((p.region_upper[rows] - p.size[rows]).min())
    align = int(p.alignment[rows].max())
    if -(-first // align) * align > last:
        return False
    if len(fixed) and not (first <= fixed[0] <= last and fixed[0] % align == 0):
        return False
    return all(
        frozenset((int(a), int(b))) in allowed
        or max(p.lower[a], p.lower[b]) >= min(p.upper[a], p.upper[b])
        for a, b in combinations(rows, 2)
    )


def _grouped(p: Problem, new_row: Ints) -> Problem:
    """Columns of the groups; within a group the height changes over time, as gaps say."""
    members: list[list[int]] = [[] for _ in range(int(new_row.max(initial=-1)) + 1)]
    for old, new in enumerate(new_row.tolist()):
        members[new].append(old)
    firsts = np.array([rows[0] for rows in members], dtype=np.int64)
    merged = replace(p, aliases=np.empty((0, 2), dtype=np.int64)).subset(firsts)
    gaps = [row for row in merged.gaps.tolist() if len(members[row[0]]) == 1]
    for new, rows in enumerate(members):
        if len(rows) > 1:
            _write_group(p, np.array(rows, dtype=np.int64), merged, new)
            gaps += [(new, *gap) for gap in _group_gaps(p, np.array(rows, dtype=np.int64))]
    return replace(merged, gaps=np.array(gaps, dtype=np.int64).reshape(-1, 4), names=None)


def _write_group(p: Problem, rows: Ints, merged: Problem, new: int) -> None:
    merged.lower[new] = p.lower[rows].min()
    merged.upper[new] = p.upper[rows].max()
    merged.size[new] = p.size[rows].max()
    merged.alignment[new] = p.alignment[rows].max()
    merged.offset[new] = p.offset[rows].max()
    merged.region_lower[new] = p.region_lower[rows].max()
    last = int((p.region_upper[rows] - p.size[rows]).min())
    merged.region_upper[new] = min(LIMIT, last + int(merged.size[new]))


def _group_gaps(p: Problem, rows: Ints) -> list[tuple[int, int, int]]:
    """Where a group needs less than its largest size."""
    own = p.gaps[np.isin(p.gaps[:, 0], rows)]
    times = np.unique(np.concatenate([p.lower[rows], p.upper[rows], own[:, 1], own[:, 2]]))
    most = int(p.size[rows].max())
    gaps = []
    for lower, upper in zip(times[:-1].tolist(), times[1:].tolist(), strict=True):
        height = int(_heights(p, rows, lower).max())
        if height < most:
            gaps.append((lower, upper, height))
    return gaps


def _heights(p: Problem, rows: Ints, time: int) -> Ints:
    """Bytes that each buffer needs at a time."""
    live = (p.lower[rows] <= time) & (time < p.upper[rows])
    heights = np.where(live, p.size[rows], 0)
    for owner, lower, upper, size in p.gaps[np.isin(p.gaps[:, 0], rows)].tolist():
        if lower <= time < upper:
            heights[rows == owner] = size
    return heights
