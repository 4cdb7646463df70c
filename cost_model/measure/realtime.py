"""The clock, and a core to oneself while it runs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

_PRIORITY = 1


def pin(core: int) -> None:
    """Keeps this thread, and all that it starts, on one core.

    Raises:
        OSError: there is no such core.
    """
    os.sched_setaffinity(0, {core})


def allowed() -> bool:
    """Whether this process may have real-time priority."""
    try:
        with undisturbed():
            return os.sched_getscheduler(0) == os.SCHED_FIFO
    except OSError:
        return False


@contextlib.contextmanager
def undisturbed(wanted: bool = True) -> Iterator[None]:
    """Runs the block before all ordinary processes of this core; keep it short.

    Raises:
        PermissionError: real-time priority is not allowed here.
    """
    if not wanted:
        yield
        return
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_PRIORITY))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
