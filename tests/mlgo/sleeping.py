"""Programs that run until they are killed, for the tests of what is left of them."""

import time

import psutil

from mlgo.process import run


def sleep(seconds):
    run(["sleep", str(seconds)])
    return seconds


def sleepers():
    """Programs that this process has started and that still run."""
    return [p for p in psutil.Process().children() if p.name() == "sleep"]


class Interrupted(list):
    """Seconds to sleep, interrupted when all are handed out and two are at work."""

    def __iter__(self):
        yield from super().__iter__()
        while len(sleepers()) < 2:
            time.sleep(0.01)
        raise KeyboardInterrupt
