"""Where tasks run: an interface, and the threads of this process, which need nothing else."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mlgo.parallel import stop

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Runs one function on many items, each independent of the others."""

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Generator[tuple[int, Result], None, None]:
        """Yields (index of an item, its result) as they finish.

        The first exception of a call is raised here. After that, after Ctrl-C and when the
        generator is closed early, no call goes on and no program that one ran is left.
        """


@dataclass(frozen=True)
class LocalExecutor:
    """Threads: each of ours spends its life waiting for a compiler.

    Attributes:
        jobs: calls at a time.
    """

    jobs: int

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Generator[tuple[int, Result], None, None]:
        """See `Executor.map`."""
        pool = ThreadPoolExecutor(self.jobs)
        try:
            # Within, because Ctrl-C may come while the first ones run already.
            futures = {pool.submit(function, item): index for index, item in enumerate(items)}
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            stop(pool)
            raise
        finally:
            pool.shutdown()
