"""One worker process: asks it to measure a kernel, survives its hangs and crashes."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

from cost_model.measure import environment
from mlgo.errors import UserError
from mlgo.process import kill_session

_START_S = 120.0


class WorkerLost(Exception):  # noqa: N818  (it is an event, not a mistake)
    """The worker hung or crashed.

    Attributes:
        tile: what it was compiling or running then; "" when it was timing.
        status: "timeout" or "crashed".
    """

    def __init__(self, tile: str, status: str) -> None:
        super().__init__(f"{status} at {tile or 'timing'}")
        self.tile = tile
        self.status = status


class Worker:
    """A process of the XLA environment; start it anew after `WorkerLost`."""

    def __init__(self, limit_s: float) -> None:
        """Starts it.

        Args:
            limit_s: seconds without a sign of life after which it is killed.

        Raises:
            UserError: the environment is missing, or does not work.
        """
        self._limit_s = limit_s
        self._process = subprocess.Popen(
            [environment.python(), "-m", "cost_model.measure.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment.variables(),
            start_new_session=True,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._errors: list[str] = []
        for reader in (self._read_answers, self._read_errors):
            threading.Thread(target=reader, daemon=True).start()
        try:
            self.about = self._answer(_START_S)
        except WorkerLost as error:
            reason = self._errors[-1].strip() if self._errors else str(error)
            hint = "`make setup-xla` makes the environment anew"
            raise UserError(f"the XLA environment does not work: {reason}", hint) from error

    @property
    def pid(self) -> int:
        """Of the process, which leads a session of its own."""
        return self._process.pid

    def measure(self, request: dict[str, Any]) -> dict[str, Any]:
        """Sends a request, returns the answer to it.

        Raises:
            WorkerLost: it hung or crashed, and is gone.
        """
        tile = ""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):  # its end is noticed while reading
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        while True:
            answer = self._answer(self._limit_s, tile)
            if answer["event"] == "measured":
                return answer
            tile = answer["tile"]

    def close(self) -> None:
        """Ends it and all that it started."""
        kill_session(self._process.pid)
        self._process.wait()

    def _answer(self, limit_s: float, tile: str = "") -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=limit_s)
        except queue.Empty:
            line, status = None, "timeout"
        else:
            status = "crashed"
        if line is None:
            self.close()
            raise WorkerLost(tile, status)
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer

    def _read_answers(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._errors = [*self._errors[-20:], line]


@contextlib.contextmanager
def closing_all() -> Iterator[list[Worker]]:
    """Workers that are ended with the block, however it ends."""
    workers: list[Worker] = []
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()
