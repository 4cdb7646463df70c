"""Times several executables against each other: interleaved rounds, the minimum counts."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence

from cost_model.measure.realtime import undisturbed

# Real-time priority is given back after so long, so that others can work.
_SLICE_NS = 150_000_000
_PAUSE_S = 0.03
# A run of fewer nanoseconds than this is repeated within its round.
_ROUND_NS = 100_000
_MOST_REPEATS = 4


def interleaved(
    runs: Sequence[Callable[[], object]], rounds: int, budget_ns: int, realtime: bool
) -> list[list[int]]:
    """Times each run once a round, one after the other.

    Args:
        runs: what is timed; each returns when its result is there.
        rounds: how often; at least 4 are done.
        budget_ns: no round begins after so long.
        realtime: whether to keep others off the core.

    Returns:
        For each run its time in ns per round (the best of the repeats within it).
    """
    times: list[list[int]] = [[] for _ in runs]
    repeats = [1] * len(runs)
    gc.collect()
    gc.disable()
    try:
        begin = time.perf_counter_ns()
        done = 0
        while done < rounds and (done < 4 or time.perf_counter_ns() - begin < budget_ns):
            done = _slice(runs, times, repeats, (done, rounds), realtime)
            time.sleep(_PAUSE_S)
    finally:
        gc.enable()
    return times


def _slice(
    runs: Sequence[Callable[[], object]],
    times: list[list[int]],
    repeats: list[int],
    span: tuple[int, int],
    realtime: bool,
) -> int:
    """Whole rounds, at least one, until the slice is over; returns how many are done by then."""
    done, rounds = span
    with undisturbed(realtime):
        begin = time.perf_counter_ns()
        while done < rounds and (done == span[0] or time.perf_counter_ns() - begin < _SLICE_NS):
            for index, run in enumerate(runs):
                best = min(_timed(run) for _ in range(repeats[index]))
                times[index].append(best)
                repeats[index] = max(1, min(_MOST_REPEATS, _ROUND_NS // best))
            done += 1
    return done


def _timed(run: Callable[[], object]) -> int:
    begin = time.perf_counter_ns()
    run()
    return time.perf_counter_ns() - begin
