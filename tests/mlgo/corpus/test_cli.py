"""`mlgo corpus` as a user meets it: output, exit codes, interrupts, a full disk."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.mlgo.corpus.project import build, configure, write_project

MLGO = [sys.executable, "-c", "from mlgo.cli import main; main()", "corpus"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def mlgo(home: Path, *arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MLGO, *map(str, arguments)],
        env={**os.environ, "MLGO_HOME": str(home), **env},
        capture_output=True,
        text=True,
    )


def slow_database(folder: Path, count: int = 60) -> Path:
    """A compile_commands.json with half a minute of work."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"unit{i}.cc" for i in range(count)]
    for name in names:
        (folder / name).write_text(
            "#include <regex>\nstd::regex pattern(const char *s) { return std::regex(s); }\n"
        )
    entries = [{"directory": str(folder), "file": n, "command": f"c++ -c {n}"} for n in names]
    (folder / "compile_commands.json").write_text(json.dumps(entries))
    return folder / "compile_commands.json"


def test_add_list_show(home: Path, tmp_path: Path) -> None:
    source = write_project(tmp_path / "project")
    database = configure(source, source / "build", "Ninja")
    build(source / "build")
    done = mlgo(home, "add", "--compile-commands", database)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert mlgo(home, "list").stdout == "project\t-\t-\t4\t2\t1\n"
    shown = json.loads(mlgo(home, "show", "project").stdout)
    assert shown["failures"][0]["error"].startswith("assembler")
    twice = (home / "corpus" / "project" / "program.json").read_bytes()
    assert mlgo(home, "add", "--compile-commands", database).returncode == 0
    assert (home / "corpus" / "project" / "program.json").read_bytes() == twice


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["add"], "nothing to add"),
        (["add", "lua5.4"], "nothing to add"),
        (["add", "--split", "exam"], "'exam' is not one of"),
        (["add", "--compile-commands", "x.json", "--debian", "lua5.4"], "adds one program"),
        (["add", "--compile-commands", "x.json"], "does not exist"),
        (["show", "nothing"], "no program in"),
        (["add", "--debian", "lua5.4", "--release", "7"], "clang of LLVM 7 was not found"),
    ],
)
def test_bad_input_is_one_error_with_a_hint(home: Path, arguments: list[str], message: str) -> None:
    done = mlgo(home, *arguments)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_without_apt_the_error_says_what_is_needed(home: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("dpkg", "sh"):
        (tools / name).symlink_to(shutil.which(name) or name)
    done = mlgo(home, "add", "--debian", "lua5.4", PATH=str(tools))
    assert done.returncode == 1
    assert "needs apt-get and dpkg-source" in done.stderr
    assert "not added: lua5.4" in done.stderr


def test_one_package_that_fails_does_not_stop_the_next(home: Path) -> None:
    done = mlgo(home, "add", "--debian", "no-such-package", "lua5.4=0.1")
    assert done.returncode == 1
    assert "no Debian source package is named 'no-such-package'" in done.stderr
    assert "does not list version 0.1 of lua5.4" in done.stderr
    assert "not added: no-such-package lua5.4=0.1" in done.stderr


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_behind(
    home: Path, tmp_path: Path, sent: signal.Signals
) -> None:
    database = slow_database(tmp_path / "slow")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    link = ["--link", "c++ unit0.o -shared -o libx.so"]
    process = subprocess.Popen(
        [*MLGO, "add", "--compile-commands", str(database), *link],
        env={**os.environ, "MLGO_HOME": str(home), "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: any(home.glob("corpus/.slow.*/bitcode/*.bc")))
        process.send_signal(sent)
        _, stderr = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 130
    assert stderr.endswith("error: interrupted\n")
    assert not list((home / "corpus").iterdir())
    assert not list(scratch.iterdir())
    assert not running(str(tmp_path))


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def running(text: str) -> list[str]:
    """Command lines of live processes that contain `text`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line and str(os.getpid()) != path.parent.name:
            found.append(line)
    return found


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system takes root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_one_error_and_leaves_nothing(small_disk: Path, tmp_path: Path) -> None:
    database = slow_database(tmp_path / "slow", 4)
    link = ["--link", "c++ unit0.o -shared -o libx.so"]
    done = mlgo(small_disk, "add", "--compile-commands", database, *link)
    assert done.returncode == 1
    assert "no space left" in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert not list(small_disk.glob("corpus/*")) + list(small_disk.glob("corpus/.*"))
