"""Runs other programs: their errors become ours, and they never outlive us."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mlgo.errors import UserError

# What compilers, linkers, make and apt write before the message that matters.
_ERROR_LINE = re.compile(r"(?:\berror\b|\bE:|undefined (?:symbol|reference)|No space left)", re.I)

# Processes that `run` waits for now, in whatever thread.
_live: set[int] = set()
# An LLVM tool that crashes, e.g. on a full disk, would leave symbolizer files in TMPDIR.
_NO_DUMPS = {"LLVM_DISABLE_SYMBOLIZATION": "1"}


@dataclass(frozen=True)
class Finished:
    """What is known of a program that has ended.

    Attributes:
        code: exit code; negative when a signal ended it.
        seconds: CPU time of it and its children, user and system.
        log: what it wrote to stderr (and to stdout, unless that went to a file).
    """

    code: int
    seconds: float
    log: str


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
    stdout: IO[bytes] | None = None,
) -> Finished:
    """Runs a program in a session of its own and waits for it.

    Args:
        argv: the program and its arguments.
        cwd: its working folder.
        env: added to our environment.
        timeout: wall seconds after which it and its children are killed; its code is then
            that of SIGKILL.
        stdout: where its output goes; into `log` by default.

    Raises:
        UserError: the program does not exist or may not be run.
    """
    with tempfile.TemporaryFile() as log:
        with _started(argv, cwd, env, stdout or log, log) as process:
            timer = threading.Timer(timeout, kill_session, [process.pid]) if timeout else None
            if timer:
                timer.start()
            try:
                _, status, usage = os.wait4(process.pid, 0)
            finally:
                if timer:
                    timer.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        text = log.read().decode(errors="replace")
    return Finished(process.returncode, usage.ru_utime + usage.ru_stime, text)


@contextlib.contextmanager
def _started(
    argv: Sequence[str | Path],
    cwd: Path | None,
    env: Mapping[str, str] | None,
    stdout: IO[bytes],
    stderr: IO[bytes],
) -> Iterator[subprocess.Popen[bytes]]:
    """A running process; it and its children are killed when the block is left early."""
    options: dict[str, Any] = {"cwd": cwd, "stdin": subprocess.DEVNULL, "start_new_session": True}
    try:
        process = subprocess.Popen(
            [str(a) for a in argv],
            env={**os.environ, **_NO_DUMPS, **(env or {})},
            stdout=stdout,
            stderr=stderr,
            **options,
        )
    except FileNotFoundError as error:
        raise UserError(f"{error.filename} was not found", hint="run `make setup`") from error
    except PermissionError as error:
        raise UserError(f"{error.filename} may not be run: {error.strerror}") from error
    _live.add(process.pid)
    try:
        yield process
    finally:
        _live.discard(process.pid)
        if process.returncode is None:
            kill_session(process.pid)
            process.wait()


def kill_all() -> None:
    """Kills all that `run` has started and still waits for, in other threads too."""
    for pid in list(_live):
        kill_session(pid)


def kill_session(leader: int) -> None:
    """Kills a process started by `run` with all that it started; returns when they are gone.

    By session and not by process group: ninja gives each of its children a group of its own.
    """
    while members := _session_members(leader):
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _session_members(leader: int) -> list[int]:
    """The live processes of a session, as /proc/PID/stat tells (see proc(5))."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            pid, _, rest = path.read_text().partition(" (")
            state, _, _, session = rest.rpartition(") ")[2].split(" ")[:4]
            if int(session) == leader and state not in "ZX":
                found.append(int(pid))
    return found


def check(finished: Finished, what: str, hint: str = "") -> Finished:
    """Returns `finished` if it ended well.

    Raises:
        UserError: it did not; says `what` failed, with the first error in the log.
    """
    if finished.code == 0:
        return finished
    raise UserError(f"{what} failed: {reason(finished)}", hint=hint, exit_code=1)


def reason(finished: Finished) -> str:
    """Why a program failed: the first line of its log that reads like an error."""
    lines = [line.strip() for line in finished.log.splitlines() if line.strip()]
    error = next((line for line in lines if _ERROR_LINE.search(line)), None)
    if error:
        return error
    if finished.code < 0:
        return f"killed by {signal.Signals(-finished.code).name}"
    return lines[-1] if lines else f"exit code {finished.code}"


def head_commit(folder: Path) -> str:
    """The commit that a working tree is at; empty outside of one."""
    done = run(["git", "-C", folder, "rev-parse", "HEAD"])
    return done.log.strip() if done.code == 0 else ""
