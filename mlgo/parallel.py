"""Many programs at once, in threads: each of ours spends its life waiting for a compiler."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mlgo.process import kill_all

Item = TypeVar("Item")
Result = TypeVar("Result")

_KILL_SECONDS = 0.05


def parallel_map(
    function: Callable[[Item], Result], items: Sequence[Item], jobs: int
) -> list[Result]:
    """Returns `function` of every item, in order, with at most `jobs` running at once.

    The first exception is raised once the calls that have started are over; no others are
    started then. Ctrl-C kills the programs that they run.
    """
    pool = ThreadPoolExecutor(jobs)
    try:
        # Within, because Ctrl-C may come while the first ones run already.
        futures = [pool.submit(function, item) for item in items]
        return [future.result() for future in futures]
    except BaseException as error:
        if not isinstance(error, Exception):
            stop(pool)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def stop(pool: ThreadPoolExecutor) -> None:
    """Returns when no call runs any more; those that wait for programs see them killed."""
    stopping = threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": True})
    stopping.start()
    while stopping.is_alive():
        kill_all()  # again: a call may have been between two programs
        stopping.join(_KILL_SECONDS)
