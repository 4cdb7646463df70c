"""The calls that a learned policy decides; LLVM decides the others, also in a policy's build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIZE_FEATURE: Final = "callee_instructions"
CALLS_FEATURE: Final = "callee_call_sites"
MANGLED_FEATURE: Final = "callee_is_mangled"


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

    def holds(
        self, size: NDArray[np.int64], calls: NDArray[np.int64], mangled: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Returns for each call whether the network decides it, from the callees' features."""
        limit = np.where(mangled != 0, self.most_calls, self.most_plain_calls)
        return np.asarray((size <= self.most_instructions) & (calls <= limit))
