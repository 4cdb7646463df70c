"""Trial allocations: never dearer than stock by their own cost, the same bytes, nothing left."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.mlgo.regalloc.conftest import SOURCE

COSTS = {
    "copies": 0.7,
    "loads": 3,
    "stores": 3,
    "load_stores": 5,
    "cheap_remats": 1,
    "expensive_remats": 1,
}


@pytest.fixture
def use(clang):
    """The flag with a profile of the program."""
    return clang.profile()


def costs(path):
    rows = map(json.loads, path.read_text().splitlines())
    return {row["function"]: sum(w * row[part] for part, w in COSTS.items()) for row in rows}


@pytest.mark.parametrize("regalloc", ["learned", "random"])
def test_no_function_is_dearer(clang, use, regalloc):
    stock = clang.stock(use)
    expected = clang.output_of("stock.o")
    scores = clang.folder / "scores"
    clang.compile("off", use, scores=scores)
    before = costs(scores)
    made = clang.compile(regalloc, use, trials=60, scores=scores)
    after = costs(scores)
    assert clang.output == ""
    assert after.keys() == before.keys()
    assert all(after[name] <= before[name] for name in before)
    assert after["mix"] < before["mix"]
    assert made != stock
    assert clang.output_of() == expected
    assert clang.compile(regalloc, use, trials=60) == made
    assert clang.leftovers() == []


def test_by_itself_the_plugin_tries_a_little(clang):
    """In the functions that the profile calls hot, and the less the smaller the program is."""
    small = clang.profile()
    assert clang.compile("learned", small) == clang.stock(small)
    tests = "".join(f"if (in[{i}] == {i}) tell({i});\n" for i in range(3000))
    cold = f"void cold(const volatile unsigned *in) {{ {tests} }}"
    (clang.folder / "x.c").write_text(SOURCE + cold)
    use = clang.profile()
    scores = clang.folder / "scores"
    stock = clang.stock(use)
    clang.compile("off", use, scores=scores)
    before = costs(scores)
    scores.unlink()
    command = ["-O2", use, f"-fpass-plugin={clang.plugin}", "-c", "x.c"]
    clang.run(*command, env={"MLGO_REGALLOC_SCORES": str(scores)})  # as users call it
    assert costs(scores)["mix"] < before["mix"]
    assert (clang.folder / "x.o").read_bytes() != stock
    assert clang.compile("learned", use) == (clang.folder / "x.o").read_bytes()
    assert clang.compile("learned", use, trials=0) != stock  # the policy alone
    assert clang.compile("learned") == clang.stock()


def test_nothing_is_tried_without_a_profile_or_for_the_control(clang, use):
    assert clang.compile("learned", trials=60) == clang.stock()
    assert clang.compile("default", use, trials=60) == clang.stock(use)
    assert clang.compile("learned", use, trials=1) == clang.stock(use)  # no function's share


def test_trials_write_no_remarks(clang, use):
    remarks = ["-fsave-optimization-record", "-foptimization-record-file=remarks"]

    def count():
        text = (clang.folder / "remarks").read_text()
        return [text.count(f"Function:        {name}\n") for name in ("tell", "main")]

    clang.stock(use, *remarks)
    stock = count()
    clang.compile("learned", use, *remarks, trials=60)
    assert count() == stock
    assert sum(stock) > 0


def test_a_log_does_not_go_with_trials(clang):
    assert clang.compile("learned", check=False, trials=60, log="log") == 1
    assert "trials answer some questions only" in clang.output


def test_thin_lto_back_ends_try_nothing(clang, use):
    """They are threads: a fork would leave the others' locks behind."""
    clang.run("-O2", "-flto=thin", use, "-c", "x.c")
    link = ["-O2", "-flto=thin", f"--ld-path={clang.toolchain.tool('ld.lld')}", "x.o"]
    clang.run(*link, "-o", "stock")
    env = {"MLGO_POLICY": "off", "MLGO_REGALLOC": "learned", "MLGO_REGALLOC_TRIALS": "60"}
    clang.run(*link, f"-Wl,--load-pass-plugin={clang.plugin}", "-o", "linked", env=env)
    assert (clang.folder / "linked").read_bytes() == (clang.folder / "stock").read_bytes()


def children(pid):
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def start(clang, use, trials):
    env = {**os.environ, "TMPDIR": str(clang.folder / "tmp"), "MLGO_POLICY": "off"}
    env |= {"MLGO_REGALLOC": "learned", "MLGO_REGALLOC_TRIALS": str(trials)}
    argv = [clang.toolchain.clang, "-O2", use, f"-fpass-plugin={clang.plugin}", "-c", "x.c"]
    return subprocess.Popen(argv, cwd=clang.folder, env=env, stderr=subprocess.PIPE)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
@pytest.mark.parametrize("spared", [0, 2], ids=["from the first on", "later ones"])
def test_trials_that_die_are_left_out(clang, use, how, spared):
    stock = clang.stock(use)
    expected = clang.output_of("stock.o")
    before = {*clang.folder.iterdir()}
    with start(clang, use, trials=400) as process:
        seen: list[str] = []
        while process.poll() is None:
            for child in set(children(process.pid)) - {*seen}:
                seen.append(child)
                if len(seen) > spared:
                    with contextlib.suppress(ProcessLookupError):  # it was quicker
                        os.kill(int(child), how)
        assert process.stderr.read() == b""
    assert process.returncode == 0
    assert len(seen) > spared
    if not spared:  # nothing to compare with
        assert (clang.folder / "x.o").read_bytes() == stock
    assert {*clang.folder.iterdir()} - before == {clang.folder / "x.o"}
    assert clang.output_of() == expected
    assert clang.leftovers() == []


def test_a_killed_compile_leaves_no_trial(clang, use):
    process = start(clang, use, trials=1_000_000)
    seen: list[str] = []
    deadline = time.monotonic() + 60
    while not seen and time.monotonic() < deadline:
        seen = children(process.pid)
    assert seen, "no trial was seen"
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=60) != 0
    deadline = time.monotonic() + 10
    while Path(f"/proc/{seen[0]}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{seen[0]}").exists()
    assert not (clang.folder / "x.o").exists()
    assert clang.leftovers() == []
