"""CPU time of two kinds of command, measured in turns."""

import numpy as np

from mlgo.evaluate.statistics import interleaved_ratio
from mlgo.process import check, run


def interleaved(pairs, rounds, env=None):
    """Runs pairs of commands `rounds` times, who goes first changing every time.

    Args:
        pairs: (baseline, other) argument lists.
        rounds: how often each command runs, after once to warm the file cache.
        env: added to the other's environment.

    Returns:
        CPU seconds of the baselines and of the others, each [pairs, rounds].
    """
    seconds = np.zeros((2, len(pairs), rounds + 1))
    for turn in range(rounds + 1):
        for i, pair in enumerate(pairs):
            for which in (0, 1) if (turn + i) % 2 else (1, 0):
                done = run(pair[which], env=env if which else None)
                seconds[which, i, turn] = check(done, str(pair[which][0])).seconds
    return seconds[0, :, 1:], seconds[1, :, 1:]


def report(what, baseline, other):
    """Prints the ratio with its confidence interval, and returns it."""
    ratio = interleaved_ratio(baseline, other, seed=0)
    counts = f"{len(baseline)} commands, {baseline.shape[1]} rounds"
    seconds = f"{baseline.sum() / baseline.shape[1]:.2f} s CPU"
    interval = f"{ratio.value:.4f} ({ratio.low:.4f} to {ratio.high:.4f})"
    print(f"\n{what}: {interval}; {counts}, baseline {seconds}")
    return ratio
