"""The threads of `LocalExecutor`, with real processes."""

import contextlib
import os
import signal
import threading
import time

import pytest

from mlgo.errors import UserError
from mlgo.rollout.executor import LocalExecutor
from tests.mlgo.sleeping import Interrupted, sleep, sleepers


def test_results_come_as_they_finish_each_with_its_index():
    found = list(LocalExecutor(2).map(sleep, [0.6, 0.1]))
    assert found == [(1, 0.1), (0, 0.6)]
    assert list(LocalExecutor(2).map(sleep, [])) == []


def test_no_more_than_jobs_run_at_once():
    running, most = [], []

    def count(_):
        running.append(1)
        most.append(len(running))
        time.sleep(0.01)
        running.pop()

    assert sorted(i for i, _ in LocalExecutor(2).map(count, range(20))) == list(range(20))
    assert max(most) == 2


def test_an_error_is_raised_and_stops_the_others():
    started = []

    def fail(item):
        started.append(item)
        if item == 0:
            raise UserError("no good")
        sleep(60)

    begin = time.monotonic()
    with pytest.raises(UserError, match="no good"):
        list(LocalExecutor(2).map(fail, range(20)))
    assert time.monotonic() - begin < 20
    assert len(started) < 20
    assert not sleepers()


def test_ctrl_c_leaves_no_program_behind():
    def interrupt():
        while not sleepers():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        list(LocalExecutor(2).map(sleep, [60.0] * 4))
    assert not sleepers()


def test_ctrl_c_while_calls_are_handed_out_leaves_no_program_behind():
    with pytest.raises(KeyboardInterrupt):
        list(LocalExecutor(2).map(sleep, Interrupted([60.0, 60.0])))
    assert not sleepers()


def test_closing_early_leaves_no_program_behind():
    with contextlib.closing(LocalExecutor(2).map(sleep, [0.05, 60.0, 60.0])) as results:
        assert next(results) == (0, 0.05)
    assert not sleepers()
