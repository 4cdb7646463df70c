"""Measures a list of kernels with a few workers, one of which times at a time."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cost_model.measure import machine
from cost_model.measure.client import Worker, WorkerLost, closing_all
from cost_model.measure.log import Log
from cost_model.measure.spec import LANES, KernelSpec
from cost_model.tile import Tile, candidates

# A kernel whose worker is lost so often is given up.
_MOST_LOSSES = 4


@dataclass(frozen=True)
class Plan:
    """How to measure.

    Attributes:
        tiles: candidates per kernel, XLA's default among them.
        rounds: how often each is timed, interleaved with the others.
        budget_ms: no new round of a kernel begins after so long.
        core: where the clock runs; the last one by default.
        workers: processes that compile; one of them times at a time.
        limit_s: a tile that compiles for longer is given up.
        seed: of the tiles that are drawn.
    """

    tiles: int = 34
    rounds: int = 16
    budget_ms: int = 1000
    core: int = -1
    workers: int = 2
    limit_s: float = 60.0
    seed: int = 0


#: Which tiles of a kernel are measured, XLA's default among them.
Draw = Callable[[KernelSpec], Sequence[Tile]]


def at_random(plan: Plan) -> Draw:
    """Draws candidates of each kernel by the plan's seed."""

    def draw(spec: KernelSpec) -> Sequence[Tile]:
        return candidates(spec.m, spec.k, spec.n, LANES[spec.dtype], plan.tiles, plan.seed)

    return draw


def collect(
    specs: Sequence[KernelSpec],
    log: Log,
    plan: Plan,
    report: Callable[[str], None],
    draw: Draw | None = None,
) -> int:
    """Measures what the log does not have yet.

    Args:
        specs: kernels, in the order in which they are measured.
        log: where each goes as soon as it is measured.
        plan: how to measure.
        report: called with a line about each kernel.
        draw: which tiles to measure; at random by default.

    Returns:
        How many kernels were given up.

    Raises:
        UserError: the XLA environment is missing or does not work.
        OSError: the disk is full; all that the log has stays.
    """
    queue = _Queue([spec for spec in specs if spec.name not in log.names])
    about = machine.describe()
    core = plan.core if plan.core >= 0 else max(os.sched_getaffinity(0))
    guard = threading.Lock()
    given_up = 0

    def serve(bench: _Bench) -> None:
        nonlocal given_up
        while spec := queue.next():
            record = bench.measure(spec)
            with guard:
                if record:
                    log.append({**record, "machine": about})
                    report(spec.name)
                elif not queue.stopped:
                    given_up += 1
                    report(f"{spec.name}: given up")

    with (
        tempfile.NamedTemporaryFile() as lock,
        ThreadPoolExecutor(plan.workers) as pool,
        closing_all() as workers,
        queue.stopping(),
    ):
        benches = [
            _Bench(plan, draw or at_random(plan), core, lock.name, workers, queue)
            for _ in range(plan.workers)
        ]
        for future in [pool.submit(serve, bench) for bench in benches]:
            future.result()
    return given_up


class _Queue:
    """What is still to be measured; several threads take from it."""

    def __init__(self, specs: Sequence[KernelSpec]) -> None:
        self._specs = iter(specs)
        self._guard = threading.Lock()
        self.stopped = False

    def next(self) -> KernelSpec | None:
        with self._guard:
            return None if self.stopped else next(self._specs, None)

    @contextlib.contextmanager
    def stopping(self) -> Iterator[None]:
        """Ends with the block, however it ends: nothing more is begun."""
        try:
            yield
        finally:
            self.stopped = True


class _Bench:
    """One worker's place: what it lost is started anew."""

    def __init__(
        self,
        plan: Plan,
        draw: Draw,
        core: int,
        lock: str,
        workers: list[Worker],
        queue: _Queue,
    ) -> None:
        self._limit_s = plan.limit_s
        self._draw = draw
        self._fixed = {
            "rounds": plan.rounds, "budget_ns": plan.budget_ms * 1_000_000, "core": core,
            "lock": lock,
        }  # fmt: skip
        self._workers = workers
        self._queue = queue
        self._worker: Worker | None = None

    def measure(self, spec: KernelSpec) -> dict[str, Any] | None:
        """Returns the record of a kernel; None when its workers were lost too often."""
        lost: list[dict[str, Any]] = []
        tiles = [str(tile) for tile in self._draw(spec)]
        while len(lost) < _MOST_LOSSES and not self._queue.stopped:
            worker = self._ready()
            try:
                request = {"spec": spec.as_json(), "tiles": tiles, **self._fixed}
                record = worker.measure(request)
            except WorkerLost as error:
                self._workers.remove(worker)
                self._worker = None
                lost.append({"name": error.tile, "status": error.status, "ns": []})
                tiles = [tile for tile in tiles if tile != error.tile]
                continue
            record["candidates"] += lost
            return {**record, "worker": worker.about}
        return None

    def _ready(self) -> Worker:
        if self._worker is None:
            self._worker = Worker(self._limit_s)
            self._workers.append(self._worker)
        return self._worker
