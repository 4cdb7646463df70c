"""Tasks on Ray (Moritz et al., 2018): the same calls, on this machine or on a cluster."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mlgo import paths
from mlgo.errors import UserError
from mlgo.rollout import guard
from mlgo.rollout.executor import Item, Result

# Ray would tell its makers about each use.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

try:
    import ray
except ImportError as error:
    raise UserError("Ray is not installed", hint="pip install 'mlgo-suite[distributed]'") from error

# A task whose worker or node dies is run again so often. It writes nothing, so that is harmless.
_RETRIES = 10
_CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class RayExecutor:
    """Calls as tasks of a cluster that this process is connected to, one CPU each.

    Functions, items and results travel through Ray; each node must have the suite installed, and
    corpus and plugin under the MLGO_HOME of this process.
    """

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Generator[tuple[int, Result], None, None]:
        """See `Executor.map`; a task that was lost with its worker or node is run again."""
        remote: Any = ray.remote(num_cpus=1, max_retries=_RETRIES)(_call)
        shared, home = ray.put(function), str(paths.home())
        pending = {remote.remote(shared, item, home): i for i, item in enumerate(items)}
        try:
            while pending:
                for ref in ray.wait(list(pending))[0]:
                    yield pending.pop(ref), _result(ref)
        finally:
            for ref in pending:
                ray.cancel(ref, force=True)


@contextlib.contextmanager
def connect(address: str | None, jobs: int) -> Iterator[RayExecutor]:
    """Connects to a cluster, or starts one on this machine, until the block is left.

    Args:
        address: HOST:PORT of the cluster's head, or "auto" for the one this machine is in; None
            starts one.
        jobs: CPUs of the one started here.

    Raises:
        UserError: there is no cluster at the address, or it is of another version.
    """
    # Ray's own folder may not be private, and stays; its sockets want a short path.
    with tempfile.TemporaryDirectory(prefix="mlgo-ray-") as folder:
        where: dict[str, Any] = {"address": address}
        if address is None:
            where = {"address": "local", "num_cpus": jobs, "include_dashboard": False}
            where["_temp_dir"] = folder
        else:
            _check_reachable(address)
        try:
            ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise _unreachable(address or "this machine", error) from error
        try:
            yield RayExecutor()
        finally:
            ray.shutdown()


def _check_reachable(address: str) -> None:
    """Asks the socket first: Ray retries for a minute, and tells in many lines."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host:
        return  # "auto" and the like
    try:
        socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> UserError:
    why = (str(error).splitlines() or [type(error).__name__])[0]
    hint = "start one with `ray start --head --port 6379`, then --address HOST:6379"
    return UserError(f"no Ray cluster at {address}: {why}", hint=hint)


def _call(function: Callable[[Item], Result], item: Item, home: str) -> Result:
    """In a worker of Ray, in its main thread."""
    guard.begin()
    os.environ["MLGO_HOME"] = home
    return function(item)


def _result(ref: Any) -> Any:
    try:
        return ray.get(ref)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        why = str(error).splitlines()[0]
        raise UserError(f"Ray gave up on a task: {why}", exit_code=1) from error
