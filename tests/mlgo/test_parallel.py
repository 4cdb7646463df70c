"""Programs in threads, and what is left of them."""

import time

import pytest

from mlgo.parallel import parallel_map
from tests.mlgo.sleeping import Interrupted, sleep, sleepers


def test_results_come_in_order():
    assert parallel_map(sleep, [0.2, 0.1, 0.0], 2) == [0.2, 0.1, 0.0]


@pytest.mark.parametrize("handed_out", [2, 4])
def test_ctrl_c_leaves_no_program_behind(handed_out):
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        parallel_map(sleep, Interrupted([60.0] * handed_out), 2)
    assert not sleepers()
    assert time.monotonic() - begin < 20
