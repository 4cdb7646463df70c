"""The plugin in stock clang: the control is stock, every policy is right, nothing stays behind."""

import json
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mlgo.regalloc.questions import read_questions

PARTS = ("copies", "loads", "stores", "load_stores", "cheap_remats", "expensive_remats")


def scores(path):
    return {row["function"]: row for row in map(json.loads, path.read_text().splitlines())}


@pytest.mark.parametrize("level", ["-O1", "-O2", "-O3"])
def test_the_control_is_stock(clang, level):
    stock = clang.stock(level)
    assert clang.compile("default", level, log=clang.folder / "log") == stock
    questions = read_questions(clang.folder / "log")
    assert len(questions) > 5
    assert (questions.chosen == questions.default).all()


def test_off_is_stock_and_the_scores_do_not_change_the_code(clang):
    stock = clang.stock()
    path = clang.folder / "scores"
    assert clang.compile("off", scores=path) == stock
    without = path.read_text()
    assert clang.compile("default", scores=path) == stock
    assert path.read_text() == without
    assert set(scores(path)) == {"mix", "tell", "main"}
    mix = scores(path)["mix"]
    assert mix["loads"] + mix["stores"] + mix["load_stores"] > mix["counts"]["stores"] > 0
    weights = (0.2, 4.0, 1.0, 5.0, 0.2, 1.0)  # llvm/lib/CodeGen/RegAllocScore.cpp
    value = sum(w * mix[p] for w, p in zip(weights, PARTS, strict=True))
    assert mix["score"] == pytest.approx(value)


@pytest.mark.parametrize("seed", [1, 2])
def test_any_legal_choice_is_right(clang, seed):
    clang.stock()
    expected = clang.output_of("stock.o")
    log = clang.folder / "log"
    made = clang.compile("random", seed=seed, priority="random", log=log)
    assert made != (clang.folder / "stock.o").read_bytes()
    assert clang.output_of() == expected
    questions = read_questions(log)
    assert questions.mask[np.arange(len(questions)), questions.chosen].all()
    assert (questions.chosen != questions.default).any()
    assert clang.compile("random", seed=seed, priority="random") == made


def test_the_priority_control_is_stock(clang):
    assert clang.compile("off", priority="default") == clang.stock()


def test_choices_replay(clang):
    log = clang.folder / "log"
    made = clang.compile("random", seed=3, log=log)
    questions = read_questions(log)
    assert "mix" in questions.functions
    rows = zip(questions.functions, questions.indices, questions.chosen, strict=True)
    lines = "".join(f"{name}\t{index}\t{slot}\n" for name, index, slot in rows)
    (clang.folder / "choices").write_text("mlgo-choices-1\n# all of them\n" + lines)
    assert clang.compile("default", choices=clang.folder / "choices") == made


def test_bitcode(clang):
    clang.run("-O2", "-emit-llvm", "-c", "x.c", "-o", "x.bc")
    stock = clang.stock(source="x.bc")
    assert clang.compile("default", source="x.bc") == stock


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": "none"}, "cannot use the model in none"),
        ({"weights": "x.c"}, "does not begin with a JSON header"),
        ({"weights": ""}, "needs -mlgo-regalloc-weights"),
        ({"choices": "x.c", "weights": "none"}, "cannot use the model"),
        ({"seed": "x"}, "takes a number, not 'x'"),
        ({"priority": "file", "weights": "none"}, "needs -mlgo-regalloc-priority-weights"),
    ],
)
def test_bad_input_is_one_error(clang, options, message):
    assert clang.compile("file", check=False, **options) == 1
    assert message in clang.output
    assert clang.output.count("error:") == 1
    assert not (clang.folder / "x.o").exists()
    assert clang.leftovers() == []


def test_malformed_choices(clang):
    (clang.folder / "choices").write_text("mlgo-choices-1\nmix\t0\n")
    assert clang.compile("default", check=False, choices=clang.folder / "choices") == 1
    assert "choices:2: not a choice: 'mix" in clang.output


def test_no_place_for_pipes(clang):
    command = ["-O2", f"-fpass-plugin={clang.plugin}", "-c", "x.c"]
    env = {"MLGO_POLICY": "off", "MLGO_REGALLOC": "default", "TMPDIR": "/proc"}
    assert clang.run(*command, env=env, check=False) == 1
    assert "error: mlgo: cannot make a pipe in /proc" in clang.output
    assert "hint: set TMPDIR" in clang.output


def test_parallel_compiles_do_not_meet(clang):
    clang.stock()
    command = [clang.toolchain.clang, "-O2", f"-fpass-plugin={clang.plugin}", "-c", "x.c"]
    temporary = {"TMPDIR": str(clang.folder / "tmp")}
    env = {**os.environ, **temporary, "MLGO_POLICY": "off", "MLGO_REGALLOC": "default"}

    def compile_(number):
        argv = [*command, "-o", f"{number}.o"]
        subprocess.run(argv, cwd=clang.folder, env=env, check=True)
        return (clang.folder / f"{number}.o").read_bytes()

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(compile_, range(8)))
    assert made == {(clang.folder / "stock.o").read_bytes()}
    assert clang.leftovers() == []


def test_nothing_stays_after_a_kill(clang):
    """The log is a pipe that nobody reads: the compile is in the allocator when it is killed."""
    os.mkfifo(clang.folder / "log")
    reader = os.open(clang.folder / "log", os.O_RDONLY | os.O_NONBLOCK)
    env = {**os.environ, "TMPDIR": str(clang.folder / "tmp")}
    env |= {"MLGO_POLICY": "off", "MLGO_REGALLOC": "random", "MLGO_REGALLOC_LOG": "log"}
    argv = [clang.toolchain.clang, "-O2", f"-fpass-plugin={clang.plugin}"]
    argv += ["-fno-integrated-cc1", "-c", "x.c"]
    process = subprocess.Popen(argv, cwd=clang.folder, env=env, start_new_session=True)
    try:
        while not _readable(reader):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    finally:
        os.close(reader)
    assert [name for name in clang.leftovers() if name.startswith("mlgo")] == []


def _readable(file):
    try:
        return bool(os.read(file, 1))
    except BlockingIOError:
        return False


@pytest.mark.parametrize("regalloc", ["default", "random"])
def test_thin_lto_in_parallel(clang, regalloc):
    """Back ends are threads of the linker: each has pipes of its own."""
    source = (clang.folder / "x.c").read_text()
    for name, other in (("mix(", "mixed("), ("main(", "other("), ("tell(", "told(")):
        source = source.replace(name, other)
    (clang.folder / "y.c").write_text(source)
    clang.run("-O2", "-flto=thin", "-c", "x.c", "y.c")
    link = ["-O2", "-flto=thin", f"--ld-path={clang.toolchain.tool('ld.lld')}", "x.o", "y.o"]
    link += ["-Wl,--thinlto-jobs=2"]
    clang.run(*link, "-o", "stock")
    env = {"MLGO_POLICY": "off", "MLGO_REGALLOC": regalloc}
    clang.run(*link, f"-Wl,--load-pass-plugin={clang.plugin}", "-o", "linked", env=env)
    stock, linked = (clang.folder / name for name in ("stock", "linked"))
    assert (stock.read_bytes() == linked.read_bytes()) == (regalloc == "default")
    assert len({subprocess.check_output(program) for program in (stock, linked)}) == 1
    assert clang.leftovers() == []
