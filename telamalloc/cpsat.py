"""CP-SAT (OR-Tools) as the second engine: proofs of infeasibility, optimal peaks, a baseline.

Every buffer is a rectangle, its lifetime by its bytes, and the rectangles of a bank do not
overlap. The guided search decides one offset after the other: the buffer that can lie lowest
first, at its lowest value, longer and larger buffers first among equals. Propagation does the
rest. Needs the extra: pip install 'mlgo-suite[solver]'.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from telamalloc.errors import TelamallocError
from telamalloc.problem import ANY_BANK, LIMIT, NO_OFFSET, Ints, Problem
from telamalloc.solution import Solution, Stats, Status

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

# CP-SAT takes no larger number in a constraint without risking an overflow.
_LARGEST = 2**53


@dataclass(frozen=True)
class CpSatParams:
    """How CP-SAT searches.

    Attributes:
        seconds: wall time at most.
        workers: threads; with 1 the answer does not depend on the machine's load, only on the
            time limit.
        guided: the fixed strategy for finding plans; off: CP-SAT's own search, which is the
            better one for proofs.
        linear_relaxation: 0 to 2, how much of the problem goes into the LP.
        seed: of CP-SAT's random decisions.
        log: whether CP-SAT writes its log to stdout.
    """

    seconds: float = 60.0
    workers: int = 1
    guided: bool = True
    linear_relaxation: int = 0
    seed: int = 0
    log: bool = False
