"""Ctrl-C: the first one ends the search and keeps what it found, the second one ends all."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from telamalloc.solver import StopFlag


@contextmanager
def stop_on_signal() -> Iterator[StopFlag]:
    """Raises the flag on SIGINT and SIGTERM; a second signal has its usual effect."""
    stop = StopFlag()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
