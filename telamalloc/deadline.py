"""Time left, shared by the steps of one answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from telamalloc.solver import SolverParams

# A timeout of 0 means none, so that the last moment must be more than nothing.
_LEAST = 1e-3


@dataclass(frozen=True)
class Deadline:
    """A point in time on the monotonic clock; infinity: never."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """So many seconds from now; 0: never."""
        return cls(time.monotonic() + seconds if seconds else float("inf"))

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self.at

    def seconds(self, share: float = 1.0) -> float:
        """A share of the time that is left, as a timeout: 0 for never."""
        if self.at == float("inf"):
            return 0.0
        return max(_LEAST, share * (self.at - time.monotonic()))

    def within(self, params: SolverParams, share: float = 1.0) -> SolverParams:
        """The same switches with a share of the time that is left."""
        return replace(params, timeout=self.seconds(share))
