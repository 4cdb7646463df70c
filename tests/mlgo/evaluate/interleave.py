"""CPU time of several kinds of command, measured in turns."""

import numpy as np

from mlgo.evaluate.statistics import interleaved_ratio
from mlgo.process import check, run


def interleaved(commands, rounds):
    """Runs commands that do the same in several ways, who goes first changing every time.

    Args:
        commands: per thing to do, its ways: (arguments, environment to add) each.
        rounds: how often each way runs.

    Returns:
        CPU seconds, [ways, things, rounds].
    """
    seconds = np.zeros((len(commands[0]), len(commands), rounds))
    for turn in range(rounds):
        for thing, ways in enumerate(commands):
            for step in range(len(ways)):
                way = (turn + thing + step) % len(ways)
                argv, env = ways[way]
                done = run(argv, env=env)
                seconds[way, thing, turn] = check(done, str(argv[0])).seconds
    return seconds


def report(what, baseline, other):
    """Prints the ratio with its confidence interval, and returns it."""
    ratio = interleaved_ratio(baseline, other, seed=0)
    interval = f"{ratio.value:.4f} ({ratio.low:.4f} to {ratio.high:.4f})"
    things, rounds = baseline.shape
    seconds = f"{baseline.sum() / rounds:.2f} s CPU"
    print(f"\n{what}: {interval}; {things} commands, {rounds} rounds, baseline {seconds}")
    return ratio
