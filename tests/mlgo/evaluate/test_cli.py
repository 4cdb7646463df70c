"""`mlgo evaluate inlining` as a user runs it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import fastjsonschema
import pytest

from mlgo.evaluate.document import schema

MLGO = [sys.executable, "-c", "from mlgo.cli import main; main()"]


@pytest.fixture
def with_plugin(home, plugin):
    """The built plugin, in the empty home."""
    place = home / plugin.relative_to(plugin.parents[3])
    place.parent.mkdir(parents=True)
    shutil.copy(plugin, place)
    return place


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def run(*arguments):
    argv = [*MLGO, "evaluate", "inlining", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=300)


def fails(done, message, code=2):
    assert done.returncode == code
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if not line.startswith("evaluating ")]
    assert errors[0].startswith("error: ")
    assert message in errors[0]
    return True


def test_the_whole_command(words, with_plugin, temporary, tmp_path):
    out, page = tmp_path / "out.json", tmp_path / "out.html"
    policy = ["--policy", "random", "--seed", 3, "--rounds", 3, "--lto"]
    done = run("--programs", "words", *policy, "--json", out, "--html", page)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("linked .text")
    assert "control: 3 of 3 objects and 2 of 2 products are byte-identical" in done.stdout
    document = json.loads(out.read_text())
    fastjsonschema.validate(schema(), document)
    repeat = "mlgo evaluate inlining --policy random --model inlining-size --programs words"
    assert " ".join(document["command"]).startswith(repeat)
    assert " ".join(document["command"]).endswith("--release 22 --lto --rounds 3 --seed 3")
    assert "Programs: linked size with full LTO" in page.read_text()
    assert list(temporary.iterdir()) == []


def test_what_moved_the_policy_is_in_report_and_json(words, with_plugin, tmp_path):
    out, page = tmp_path / "out.json", tmp_path / "out.html"
    done = run("--explain", "--json", out, "--html", page)
    assert done.returncode == 0, done.stderr
    document = json.loads(out.read_text())
    fastjsonschema.validate(schema(), document)
    assert "--explain" in document["command"]
    explanation = document["explanation"]
    assert explanation["decisions"] > 100
    assert explanation["features"]
    for title in ("What moved the policy", "The decisions that mattered"):
        assert title in page.read_text()


def test_a_coin_is_not_explained(words, with_plugin):
    assert fails(run("--policy", "random", "--explain"), "--explain takes a learned policy")


def test_the_command_in_the_report_repeats_it(words, with_plugin, tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert run("--policy", "random", "--json", first).returncode == 0
    command = json.loads(first.read_text())["command"]
    assert run(*command[3:], "--json", second).returncode == 0
    assert first.read_bytes() == second.read_bytes()


def test_a_module_that_fails_makes_the_command_fail_after_the_report(broken, with_plugin, tmp_path):
    done = run("--policy", "default", "--html", tmp_path / "out.html")
    assert done.returncode == 1
    assert "not built: broken: bad.cc.o (stock)" in done.stdout
    assert "did not build" in done.stderr
    assert "What did not build" in (tmp_path / "out.html").read_text()


def test_bad_input_is_one_clear_error(words, with_plugin, tmp_path):
    assert fails(run("--programs", "nonesuch"), "not in the corpus: nonesuch")
    assert fails(run("--policy", "file"), "--policy file and --weights FILE belong together")
    nowhere = tmp_path / "nowhere"
    assert fails(run("--policy", "file", "--weights", nowhere), "no weights at")
    assert fails(run("--model", "nonesuch"), "no policy named 'nonesuch'")
    assert fails(run("--rounds", 2), "--rounds takes 0, or at least 3")
    assert fails(run("--json", nowhere / "out.json"), "cannot be written")
    assert fails(run("--html", tmp_path), "is a folder")


def test_a_plugin_that_is_not_built_is_named(words):
    assert fails(run(), "is not built")


def test_a_plugin_that_is_corrupt_is_no_crash(words, with_plugin):
    with_plugin.write_bytes(b"\x7fELF")
    assert fails(run(), "clang does not compile with the policy 'default'")


def test_a_full_disk_is_told(words, with_plugin, tmp_path):
    """A file system of 64 KiB: the checks pass, the objects do not fit."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting needs privileges")
    try:
        done = subprocess.run(
            [*MLGO, "evaluate", "inlining", "--policy", "default"],
            env={**os.environ, "TMPDIR": str(small)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        left = list(small.iterdir())
    finally:
        subprocess.run(["umount", small], check=True)
    assert fails(done, "no space left on the disk")
    assert left == []


@pytest.mark.parametrize("signal_number", [signal.SIGINT])
def test_an_interrupt_leaves_nothing(words, with_plugin, temporary, tmp_path, signal_number):
    argv = [*MLGO, "evaluate", "inlining", "--rounds", "1000", "--json", str(tmp_path / "o.json")]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(temporary.glob("mlgo-*/out.o")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal_number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "error: interrupted" in err
    assert "Traceback" not in err
    assert list(temporary.iterdir()) == []
    assert not (tmp_path / "o.json").exists()
