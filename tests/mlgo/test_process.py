"""Programs that we run: their errors, their time, their end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlgo.errors import UserError
from mlgo.parallel import parallel_map
from mlgo.process import Finished, check, reason, run


def test_cpu_time_is_that_of_the_program_and_its_children() -> None:
    busy = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
    finished = run(["sh", "-c", f"{sys.executable} -c '{busy}'; sleep 0.3"])
    assert finished.code == 0
    assert 0.3 <= finished.seconds < 0.6 + 1.0  # Python's own start included, sleep not


def test_both_outputs_are_in_the_log_unless_one_goes_elsewhere(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo out; echo err >&2"]
    assert run(command).log == "out\nerr\n"
    with (tmp_path / "out").open("wb") as stdout:
        assert run(command, stdout=stdout).log == "err\n"
    assert (tmp_path / "out").read_text() == "out\n"


def test_a_timeout_kills_the_children_too(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    started = time.monotonic()
    finished = run(["sh", "-c", f"sleep 100 & echo $! >{pid}; wait"], timeout=0.5)
    assert finished.code == -signal.SIGKILL
    assert time.monotonic() - started < 30
    assert gone(int(pid.read_text()))


def test_children_in_process_groups_of_their_own_are_killed_too(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    run(["sh", "-c", f"set -m; sleep 100 & echo $! >{pid}; wait"], timeout=0.5)
    assert gone(int(pid.read_text()))


def test_an_interrupt_ends_what_runs_in_threads(tmp_path: Path) -> None:
    script = (
        "from mlgo.parallel import parallel_map\nfrom mlgo.process import run\n"
        f"parallel_map(lambda n: run(['sh', '-c', f'echo $$ >{tmp_path}/{{n}}; sleep 100']),"
        " range(9), 2)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    while len([p for p in tmp_path.iterdir() if p.read_text()]) < 2:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)
    pids = [int(path.read_text()) for path in tmp_path.iterdir()]
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def test_the_first_exception_stops_what_has_not_started() -> None:
    done = []

    def work(n: int) -> int:
        done.append(n)
        if n == 1:
            raise UserError("no")
        time.sleep(0.01)  # so that cancelling comes before the last of them
        return n

    with pytest.raises(UserError, match="no"):
        parallel_map(work, range(1000), 1)
    assert len(done) < 1000
    assert parallel_map(lambda n: n * n, range(5), 2) == [0, 1, 4, 9, 16]


def test_what_does_not_exist_or_may_not_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not found"):
        run([tmp_path / "nothing"])
    (tmp_path / "text").write_text("x")
    with pytest.raises(UserError, match="may not be run"):
        run([tmp_path / "text"])


@pytest.mark.parametrize(
    ("log", "code", "expected"),
    [
        ("note\na.c:1: error: bad\nmore\n", 1, "a.c:1: error: bad"),
        ("E: Unable to locate package\n", 100, "E: Unable to locate package"),
        ("first\nlast\n", 3, "last"),
        ("", -11, "killed by SIGSEGV"),
        ("", 4, "exit code 4"),
    ],
)
def test_the_reason_is_the_first_line_that_reads_like_one(
    log: str, code: int, expected: str
) -> None:
    assert reason(Finished(code, 0.0, log)) == expected
    with pytest.raises(UserError, match="work failed"):
        check(Finished(code, 0.0, log), "work")
