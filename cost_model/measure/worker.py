"""Compiles and times kernels in .venv-xla, as the parent process asks; one JSON object a line.

Requests on stdin: {"spec", "tiles", "rounds", "budget_ns", "core", "lock"}. Answers on stdout:
{"event": "ready", ...} once, then per request {"event": "compiling", "tile"} before each tile,
so that the parent knows which one hangs, and {"event": "measured", ...} at last.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cost_model.measure import realtime
from cost_model.measure.rounds import interleaved
from cost_model.measure.spec import KernelSpec
from cost_model.tile import Tile
from cost_model.xla.compiler import Compiler, machine_code
from cost_model.xla.knob import LIBRARIES


class _Candidate:
    """A compiled tile or library with what is known of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.status = "measured"
        self.error = ""
        self.executable: Any = None
        self.code = ""
        self.compile_s = 0.0
        self.worst = 0.0
        self.ns: list[int] = []

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "status": self.status, "error": self.error, "code": self.code,
            "compile_s": round(self.compile_s, 4), "worst": self.worst, "ns": self.ns,
        }  # fmt: skip


class _Session:
    """One kernel: lowered once, compiled per candidate, timed together."""

    def __init__(self, compiler: Compiler, request: dict[str, Any]) -> None:
        self.compiler = compiler
        self.request = request
        self.spec = KernelSpec(**request["spec"])
        drawn = self.spec.arguments(seed=0)
        self.arguments = [jax.device_put(jnp.asarray(a, dtype=self.spec.dtype)) for a in drawn]
        shapes = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in self.arguments]
        self.stablehlo = jax.jit(self.spec.function(jnp)).lower(*shapes).as_text()
        exact = np.int32 if self.spec.dtype == "int32" else np.float64
        with np.errstate(over="ignore"):
            wide = [np.asarray(a).astype(exact) for a in self.arguments]
            self.reference = self.spec.function(np)(*wide)
        self.hlo = ""

    def measure(self, realtime_allowed: bool) -> dict[str, Any]:
        names = [*self.request["tiles"], *LIBRARIES]
        candidates = []
        for name in names:
            _say({"event": "compiling", "tile": name})
            candidates.append(self.compiled(name))
        _say({"event": "compiling", "tile": ""})  # done with that: it is timing from here
        good = [c for c in candidates if c.status == "measured"]
        runs = [lambda c=c: self.run(c) for c in good]
        with _locked(self.request["lock"]), _pinned(self.request["core"]):
            times = interleaved(
                runs, self.request["rounds"], self.request["budget_ns"], realtime_allowed
            )
        for candidate, ns in zip(good, times, strict=True):
            candidate.ns = ns
        return {
            "event": "measured", "spec": self.spec.as_json(), "hlo": self.hlo,
            "stablehlo": self.stablehlo, "candidates": [c.as_json() for c in candidates],
        }  # fmt: skip

    def compiled(self, name: str) -> _Candidate:
        candidate = _Candidate(name)
        begin = time.perf_counter()
        try:
            if name in LIBRARIES:
                candidate.executable = self.compiler.library(self.stablehlo, name)
            else:
                candidate.executable = self.compiler.tiled(self.stablehlo, Tile.parse(name))
                self.hlo = self.hlo or candidate.executable.hlo_modules()[0].to_string()
        except (jax.errors.JaxRuntimeError, ValueError) as error:
            candidate.status, candidate.error = "rejected", str(error)[:500]
            return candidate
        candidate.compile_s = time.perf_counter() - begin
        candidate.code = machine_code(candidate.executable)
        self._verify(candidate)
        return candidate

    def _verify(self, candidate: _Candidate) -> None:
        """Compares with the reference product, before anything is timed."""
        result = np.asarray(self.run(candidate)).astype(self.reference.dtype)
        candidate.worst = float(np.abs(result - self.reference).max())
        if not candidate.worst <= self.spec.tolerance() * max(1.0, np.abs(self.reference).max()):
            candidate.status = "wrong"

    def run(self, candidate: _Candidate) -> Any:
        (result,) = candidate.executable.execute(self.arguments)
        return result.block_until_ready()


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    """One worker times at a time, whatever the others compile meanwhile."""
    with Path(path).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _pinned(core: int) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    realtime.pin(core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _overhead_ns(compiler: Compiler, core: int, may: bool) -> int:
    """What a run costs that computes next to nothing: call, dispatch and result."""
    request = {"spec": KernelSpec("overhead", "", "", 1, 1, 1).as_json(), "core": core}
    session = _Session(compiler, request)
    candidate = session.compiled("eigen")
    with _pinned(core):
        (times,) = interleaved([lambda: session.run(candidate)], 200, 10**8, may)
    return min(times)


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def main() -> None:
    """Answers requests until stdin ends."""
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    # Pinned while the runtime starts, so that its thread pools have one thread.
    everywhere = os.sched_getaffinity(0)
    realtime.pin(max(everywhere))
    compiler = Compiler()
    os.sched_setaffinity(0, everywhere)
    may = realtime.allowed()
    overhead = _overhead_ns(compiler, max(everywhere), may)
    _say({"event": "ready", "xla": compiler.version, "realtime": may, "overhead_ns": overhead})
    for line in sys.stdin:
        _say(_Session(compiler, json.loads(line)).measure(may))


if __name__ == "__main__":
    main()
