from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

Columns = tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints, int]

FEATURES: tuple[str, ...]
BACKTRACK_FEATURES: tuple[str, ...]

class StopFlag:
    """Ends a running solve when raised, from any thread."""

    def set(self) -> None: ...
    def clear(self) -> None: ...
    def is_set(self) -> bool: ...

class Model:
    """A forest of trees, see native/forest.h."""

    def __init__(
        self, value: npt.NDArray[np.float32], feature: Ints, high: Ints, root: Ints
    ) -> None: ...

class Params:
    """The switches of SolverParams, by the same names."""

    def use_order_model(self, model: Model) -> None: ...
    def use_backtrack_model(self, model: Model) -> None: ...
    def __setattr__(self, name: str, value: Any) -> None: ...

def run(
    minimize: bool,
    size: Ints,
    alignment: Ints,
    release: Ints,
    deadline: Ints,
    lower: Ints,
    upper: Ints,
    height: Ints,
    owner: Ints,
    capacity: int,
    params: Params,
    stop: StopFlag,
) -> tuple[Any, ...]: ...
def trace(
    size: Ints,
    alignment: Ints,
    release: Ints,
    deadline: Ints,
    lower: Ints,
    upper: Ints,
    height: Ints,
    owner: Ints,
    capacity: int,
    plan: Ints,
    params: Params,
) -> tuple[npt.NDArray[np.float32], Ints, Ints]: ...
def dead_ends(
    size: Ints,
    alignment: Ints,
    release: Ints,
    deadline: Ints,
    lower: Ints,
    upper: Ints,
    height: Ints,
    owner: Ints,
    capacity: int,
    params: Params,
) -> tuple[npt.NDArray[np.float32], Ints]: ...
