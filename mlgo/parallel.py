"""Many programs at once, in threads: each of ours spends its life waiting for a compiler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mlgo.process import kill_all

Item = TypeVar("Item")
Result = TypeVar("Result")


def parallel_map(
    function: Callable[[Item], Result], items: Sequence[Item], jobs: int
) -> list[Result]:
    """Returns `function` of every item, in order, with at most `jobs` running at once.

    The first exception is raised once the calls that have started are over; no others are
    started then. Ctrl-C kills the programs that they run.
    """
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if not isinstance(error, Exception):
                kill_all()
            raise
