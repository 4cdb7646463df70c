"""Alternatives explored by forking have the sizes of separate compiles."""

import json
import subprocess
import time

import pytest

from mlgo.corpus.elf import text_size


def explored(clang, flips, *arguments, **env):
    sizes = clang.folder / "sizes"
    arguments = (*arguments, "-ffunction-sections")
    indices = ",".join(map(str, flips))
    clang.compile(
        *arguments, policy="default", explore=indices, sizes=sizes, output="/dev/null", **env
    )
    return [json.loads(line) for line in sizes.read_text().splitlines()]


def test_sizes_are_those_of_separate_compiles(clang22):
    flips = list(range(0, 200, 9))
    main, *alternatives = explored(clang22, flips)
    clang22.compile("-ffunction-sections", policy="default")
    stock = text_size(clang22.folder / "x.o")
    assert main["flip"] == -1
    assert sum(main["sizes"].values()) == stock
    assert [line["flip"] for line in alternatives] == flips[::-1]
    for line in alternatives:
        change = sum(size - main["sizes"].get(f, 0) for f, size in line["sizes"].items())
        clang22.compile("-ffunction-sections", policy="default", flip=line["flip"])
        assert stock + change == text_size(clang22.folder / "x.o")


def test_all_calls_of_a_callee_flip_together(clang22):
    log = clang22.folder / "decisions"
    clang22.compile(policy="default", record=log)
    rows = [line.split("\t") for line in log.read_text().splitlines()[2:]]
    first = next(i for i, row in enumerate(rows) if sum(r[2] == row[2] for r in rows) > 2)
    main, line = explored(clang22, [], explore_callees=first)
    assert (line["flip"], line["callee"]) == (first, True)
    # A list that flips every call of the callee is another way to the same alternative.
    text = "mlgo-decisions-1\n" + "".join(
        f"flip\t{row[1]}\t{row[2]}\t{ordinal}\n"
        for row in rows
        if row[2] == rows[first][2] and row[0] == rows[first][0]
        for ordinal in range(20)
    )
    listed = clang22.folder / "flips"
    listed.write_text(text)
    clang22.compile("-ffunction-sections", policy="default", decisions=listed)
    change = sum(size - main["sizes"].get(f, 0) for f, size in line["sizes"].items())
    assert sum(main["sizes"].values()) + change == text_size(clang22.folder / "x.o")


def test_logs_tell_of_the_main_line_alone(clang22):
    plain, forked = clang22.folder / "plain.log", clang22.folder / "forked.log"
    clang22.compile(policy="default", log=plain)
    explored(clang22, [3, 50, 51], log=forked)
    assert plain.read_bytes() == forked.read_bytes()


def test_no_process_outlives_a_killed_compile(clang22):
    sizes = clang22.folder / "sizes"
    flips = ",".join(str(i) for i in range(200))
    command = [clang22.toolchain.clangxx, "-Oz", f"-fpass-plugin={clang22.plugin}", "-c", "x.cc"]
    command += ["-o", "/dev/null", "-mllvm", "-mlgo-policy=default"]
    command += ["-mllvm", f"-mlgo-explore={flips}", "-mllvm", f"-mlgo-sizes={sizes}"]
    process = subprocess.Popen(command, cwd=clang22.folder)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=3)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20  # the kernel kills child after child
    while subprocess.run(["pgrep", "-f", str(sizes)], capture_output=True).stdout:
        assert time.monotonic() < deadline
        time.sleep(0.1)
