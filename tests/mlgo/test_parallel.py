"""Programs in threads, and what is left of them."""

import time

import psutil
import pytest

from mlgo.parallel import parallel_map
from mlgo.process import run


def sleep(seconds):
    run(["sleep", str(seconds)])
    return seconds


def sleepers():
    """Programs that this process has started and that still run."""
    return [p for p in psutil.Process().children() if p.name() == "sleep"]


def test_results_come_in_order():
    assert parallel_map(sleep, [0.2, 0.1, 0.0], 2) == [0.2, 0.1, 0.0]


@pytest.mark.parametrize("handed_out", [2, 4])
def test_ctrl_c_leaves_no_program_behind(handed_out):
    class Items(list):
        """Interrupted with two at work, and with others that wait."""

        def __iter__(self):
            yield from [60.0] * handed_out
            while len(sleepers()) < 2:
                time.sleep(0.01)
            raise KeyboardInterrupt

    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        parallel_map(sleep, Items(), 2)
    assert not sleepers()
    assert time.monotonic() - begin < 20
