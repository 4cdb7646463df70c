"""The answer: an offset for every buffer, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from telamalloc.problem import Ints, Problem


class Status(StrEnum):
    """How a solve ended."""

    SOLVED = "solved"  # every buffer has an offset that the validator accepts
    INFEASIBLE = "infeasible"  # proved: no assignment of offsets exists
    BUDGET = "budget spent"  # neither a plan nor a proof within the budget
    INTERRUPTED = "interrupted"  # the stop flag was raised


@dataclass(frozen=True, slots=True)
class Stats:
    """What a solve cost.

    Attributes:
        seconds: wall time within the core.
        nodes: placements and gaps tried by the search.
        backtracks: dead ends met (minor backtracks).
        major_backtracks: backjumps over more than one decision.
        restarts: how often the search began anew with another order.
        partitions: independent parts in time.
        winner: index of the configuration that solved the hardest part; -1: a heuristic did.
    """

    seconds: float = 0.0
    nodes: int = 0
    backtracks: int = 0
    major_backtracks: int = 0
    restarts: int = 0
    partitions: int = 0
    winner: int = -1


@dataclass(frozen=True, eq=False)
class Solution:
    """Offsets for a problem's buffers.

    Attributes:
        status: how the solve ended.
        offsets: (n,) bytes from the start of each buffer's bank; -1 where none was found.
        banks: (n,) index of each buffer's bank.
        peaks: one value a bank: the end of its highest buffer, in bytes.
        lower_bound: no plan of the preferred bank's buffers has a lower peak (bytes).
        stats: what it cost.
    """

    status: Status
    offsets: Ints
    banks: Ints
    peaks: tuple[int, ...]
    lower_bound: int
    stats: Stats = field(default_factory=Stats)

    @property
    def peak(self) -> int:
        """The end of the highest buffer in the preferred bank, in bytes."""
        return self.peaks[0]

    @property
    def optimal(self) -> bool:
        """Whether no lower peak of the preferred bank is possible."""
        return self.status is Status.SOLVED and self.peak == self.lower_bound

    @staticmethod
    def of(
        problem: Problem,
        status: Status,
        offsets: Ints,
        banks: Ints | None = None,
        lower_bound: int = 0,
        stats: Stats | None = None,
    ) -> Solution:
        """A solution with its peaks computed from the offsets (-1: not placed)."""
        where = np.zeros(len(problem), dtype=np.int64) if banks is None else banks
        ends = np.where(offsets >= 0, offsets + problem.size, 0)
        peaks = tuple(int(ends[where == i].max(initial=0)) for i in range(len(problem.banks)))
        return Solution(status, offsets, where, peaks, lower_bound, stats or Stats())
