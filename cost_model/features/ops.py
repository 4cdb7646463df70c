"""The few array operations that features are made of, so that NumPy and TensorFlow share them.

Features are written once, against `Ops`: in NumPy they are computed once per kernel for training;
in TensorFlow they are part of the exported graph, so that a compiler hands over raw kernels.
Everything is float32, and scalars are arrays of shape (1,): NumPy would widen others.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np


class Ops(Protocol):
    """What both libraries can do; names and meaning are NumPy's."""

    floor: Any
    ceil: Any
    sqrt: Any
    log: Any
    log1p: Any
    maximum: Any
    minimum: Any
    sum: Any
    argmax: Any
    stack: Any
    concatenate: Any

    def take(self, x: Any, rows: Any) -> Any:
        """x[rows], along the first axis."""

    def flag(self, condition: Any) -> Any:
        """float32 1 where true, else 0."""

    def positions(self, x: Any) -> Any:
        """float32 1, 2, 3, ..., as many as `x` has rows."""

    def rows(self, x: Any, like: Any) -> Any:
        """Repeats x of shape (1, f) for each row of `like`."""


class NumPy:
    """Ops on NumPy arrays."""

    floor: Any = staticmethod(np.floor)
    ceil: Any = staticmethod(np.ceil)
    sqrt: Any = staticmethod(np.sqrt)
    log: Any = staticmethod(np.log)
    log1p: Any = staticmethod(np.log1p)
    maximum: Any = staticmethod(np.maximum)
    minimum: Any = staticmethod(np.minimum)
    sum: Any = staticmethod(np.sum)
    argmax: Any = staticmethod(np.argmax)
    stack: Any = staticmethod(np.stack)
    concatenate: Any = staticmethod(np.concatenate)

    @staticmethod
    def take(x: Any, rows: Any) -> Any:
        """x[rows], along the first axis."""
        return x[rows]

    @staticmethod
    def flag(condition: Any) -> Any:
        """float32 1 where true, else 0."""
        return np.asarray(condition, np.float32)

    @staticmethod
    def positions(x: Any) -> Any:
        """float32 1, 2, 3, ..., as many as `x` has rows."""
        return np.arange(1, len(x) + 1, dtype=np.float32)

    @staticmethod
    def rows(x: Any, like: Any) -> Any:
        """Repeats x of shape (1, f) for each row of `like`."""
        return np.repeat(x, len(like), axis=0)
