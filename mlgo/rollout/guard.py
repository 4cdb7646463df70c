"""Cleans up after a worker, however that ends: kills what it ran, removes what it wrote.

A worker of Ray may be killed by SIGKILL, of which it learns nothing. So each has a guard: a process
of its own session that waits for the end of a pipe of which only the worker holds the other side.
What the worker runs is known by its TMPDIR.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path


@functools.cache
def begin() -> None:
    """Starts the guard of this process, once; temporary files go into a folder of its own."""
    folder = tempfile.mkdtemp(prefix="mlgo-worker-")
    end, _held_until_we_die = os.pipe()
    # Forked, so that it is no child of ours: Ray kills a leaving worker's children.
    guard = ["setsid", "--fork", sys.executable, "-I", __file__, folder]
    subprocess.run(guard, stdin=end, check=True)
    os.close(end)
    os.environ["TMPDIR"] = tempfile.tempdir = folder


def _running(folder: str) -> list[int]:
    mark = f"TMPDIR={folder}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has just ended, or is another user's
            if mark in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


def _main(folder: str) -> None:
    sys.stdin.read()
    while running := _running(folder):
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _main(sys.argv[1])
