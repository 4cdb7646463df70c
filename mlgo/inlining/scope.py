"""The calls that a learned policy decides; LLVM decides the others, also in a policy's build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: What the scope reads, in the order in which it takes them.
SCOPE_FEATURES: Final = ("callee_instructions", "callee_call_sites", "callee_is_mangled")


@dataclass(frozen=True)
class Scope:
    """What must hold for the callee of a call that the network decides.

    One mistake about a large callee costs more than many good decisions gain, and one about a
    callee with many calls is made many times. Plain C, whose names are not mangled, has a limit of
    its own: what C++ teaches does not carry over to it (docs/methods.md).

    Attributes:
        most_instructions: of the callee.
        most_calls: of the callee in the module, if its name is mangled.
        most_plain_calls: of the callee in the module otherwise; 0 leaves plain C to LLVM.
    """

    most_instructions: float = 63.0
    most_calls: float = 4.0
    most_plain_calls: float = 4.0

    def holds(self, x: NDArray[np.int64], features: Sequence[str]) -> NDArray[np.bool_]:
        """Returns for each call whether the network decides it.

        Args:
            x: int64 (n, features).
            features: names of the columns.
        """
        size, calls, mangled = (x[:, features.index(name)] for name in SCOPE_FEATURES)
        limit = np.where(mangled != 0, self.most_calls, self.most_plain_calls)
        return np.asarray((size <= self.most_instructions) & (calls <= limit))
