"""The command line: documented exit codes, data on stdout, one clear error, nothing left."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.telamalloc.cli.conftest import Run


def test_solved_is_0_and_stdout_is_data(cli: Run, two: Path) -> None:
    done = cli("solve", two, "--capacity", 12)
    assert done.returncode == 0
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["id"]: int(row["offset"]) for row in rows} in ({"a": 0, "b": 4}, {"a": 8, "b": 0})
    assert "12 bytes of 12" in done.stderr


def test_the_capacity_in_the_name(cli: Run, two: Path) -> None:
    named = two.rename(two.with_name("two.12.csv"))
    assert cli("solve", named).returncode == 0
    assert cli("solve", named, "-c", 11).returncode == 3


def test_infeasible_is_3_and_says_what_is_needed(cli: Run, two: Path) -> None:
    done = cli("solve", two, "-c", 11)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "at least 12 bytes (proved)" in done.stderr
    assert "a plan was found" in done.stderr
    assert "2 buffers cannot be together; any one fewer would fit: a, b" in done.stderr


def test_budget_spent_is_4(cli: Run, hard: Path) -> None:
    needed = json.loads(cli("minimize", hard, "--timeout", 5, "--format", "json").stdout)
    tight = needed["lower_bound"] + 1
    done = cli("solve", hard, "-c", tight, "--engine", "core", "--node-budget", 1, "--no-greedy",
               "--timeout", 5)  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert done.stdout == ""
    assert "needs at least" in done.stderr


def test_minimize_and_its_proof(cli: Run, two: Path) -> None:
    done = cli("minimize", two, "--optimal", "--format", "json")
    assert done.returncode == 0
    plan = json.loads(done.stdout)
    assert plan["optimal"]
    assert plan["peaks"] == {"main": 12}


def test_unproved_minimum_is_4_if_asked_for(cli: Run, hard: Path) -> None:
    done = cli("minimize", hard, "--optimal", "--timeout", 3, "--engine", "core", "-o", "p.csv")
    assert done.returncode in (0, 4)
    assert (done.returncode == 0) == ("the least possible" in done.stderr)
    assert cli("validate", hard, "p.csv").returncode == 0


def test_validate(cli: Run, two: Path, tmp_path: Path) -> None:
    cli("minimize", two, "-o", "plan.csv")
    right = cli("validate", two, "plan.csv")
    assert right.returncode == 0
    assert "the plan is right" in right.stdout
    text = (tmp_path / "plan.csv").read_text().splitlines()
    wrong = [",".join([*line.split(",")[:-1], "0"]) if line[0] in "ab" else line for line in text]
    (tmp_path / "wrong.csv").write_text("\n".join(wrong))
    done = cli("validate", two, "wrong.csv")
    assert done.returncode == 1
    assert "overlap: a and b" in done.stderr
    low = cli("validate", two, "plan.csv", "-c", 11)
    assert low.returncode == 1
    assert "capacity" in low.stderr


@pytest.mark.parametrize("form", ["csv", "json", "c"])
def test_same_input_same_bytes(cli: Run, two: Path, form: str) -> None:
    first, second = (cli("minimize", two, "--format", form).stdout for _ in range(2))
    assert first == second != ""


def test_the_outputs_suffix_is_its_format(cli: Run, two: Path, tmp_path: Path) -> None:
    for name in ("plan.csv", "plan.json", "plan.h"):
        assert cli("minimize", two, "-o", name).returncode == 0
    assert (tmp_path / "plan.csv").read_text().startswith("id,")
    assert json.loads((tmp_path / "plan.json").read_text())["status"] == "solved"
    assert "#ifndef PLAN_H" in (tmp_path / "plan.h").read_text()
    assert cli("validate", two, "plan.json").returncode == 0


def test_spilling(cli: Run, two: Path) -> None:
    done = cli("solve", two, "-c", 8, "--bank", "dram::1.5")
    assert done.returncode == 0
    plan = json.loads(done.stdout)
    assert [b["bank"] for b in plan["buffers"]] == ["dram", "main"]
    assert plan["peaks"] == {"main": 8, "dram": 4}
    assert cli("solve", two, "-c", 7, "--bank", "dram:3:1").returncode == 3
    refused = cli("solve", two, "-c", 8, "--bank", "dram::1", "--format", "csv")
    assert refused.returncode == 2
    assert "json" in refused.stderr


def test_what_if(cli: Run, two: Path) -> None:
    done = cli("solve", two, "-c", 16, "--what-if", "2:4:4")
    assert done.returncode == 0
    assert "fits without moving any other" in done.stderr
    assert len(done.stdout.splitlines()) == 4
    assert cli("solve", two, "-c", 12, "--what-if", "2:3:1").returncode == 3


def test_keeping_a_plan(cli: Run, two: Path, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("id,offset\na,20\nb,4\n")
    done = cli("solve", two, "-c", 32, "--keep", "old.csv", "--max-moves", 0)
    assert done.returncode == 0
    assert "0 buffers move (the fewest possible)" in done.stderr
    assert "a,0,3,4,20" in done.stdout
    (tmp_path / "clash.csv").write_text("id,offset\na,4\nb,4\n")
    assert cli("solve", two, "-c", 32, "--keep", "clash.csv", "--max-moves", 0).returncode == 3
    one = cli("solve", two, "-c", 32, "--keep", "clash.csv", "--max-moves", 1)
    assert one.returncode == 0
    assert "1 buffers move" in one.stderr


@pytest.mark.parametrize("engine", ["auto", "core", "cpsat"])
def test_every_engine(cli: Run, two: Path, engine: str) -> None:
    assert cli("solve", two, "-c", 12, "--engine", engine).returncode == 0
    assert cli("solve", two, "-c", 11, "--engine", engine, "--diagnose", 0).returncode == 3


BAD = {
    "empty.csv": ("", "empty"),
    "header.csv": ("a,b\n1,2\n", "no column"),
    "word.csv": ("id,lower,upper,size\na,0,x,1\n", "upper is 'x'"),
    "short.csv": ("id,lower,upper,size\na,0,1\n", "3 cells"),
    "negative.csv": ("id,lower,upper,size\na,4,2,1\n", "ends before"),
    "early.csv": ("id,lower,upper,size\na,-1,2,1\n", "before time 0"),
    "none.csv": ("id,lower,upper,size\n", "no buffers"),
    "zero.csv": ("id,lower,upper,size\na,0,2,0\n", "no bytes"),
    "twice.csv": ("id,lower,upper,size\na,0,2,1\na,1,2,1\n", "twice"),
    "huge.csv": ("id,lower,upper,size\na,0,2,99999999999999999999\n", "64 bits"),
    "power.csv": ("id,lower,upper,size,alignment\na,0,2,1,3\n", "power of two"),
    "bad.json": ('{"buffers": [}', "not JSON"),
    "list.json": ('{"buffers": [1]}', "list of objects"),
    "cut.tflite": ("\x20\x00\x00\x00TFL3\x00", "flatbuffer"),
    "text.tflite": ("this is no model at all", "TFL3"),
    "cut.txt": ("BufferAssignment:\nallocation 0: size 4", "cut off"),
}


@pytest.mark.parametrize(
    ("name", "command"),
    [*((name, "solve") for name in sorted(BAD)), ("word.csv", "minimize"), ("cut.txt", "explain"),
     ("cut.tflite", "explain")],
)  # fmt: skip
def test_bad_input_is_2(cli: Run, tmp_path: Path, name: str, command: str) -> None:
    text, message = BAD[name]
    (tmp_path / name).write_text(text, encoding="latin-1")
    output = tmp_path / "out.html"
    done = cli(command, name, *(["-o", output] if command == "explain" else ["-c", 64]))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert not output.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["solve", "missing.csv"], "cannot read missing.csv"),
        (["solve", "two.csv"], "no capacity"),
        (["solve", "two.csv", "-c", "many"], "no number of bytes"),
        (["solve", "two.csv", "-c", "-3"], "no number of bytes"),
        (["solve", "two.csv", "-c", "12", "--bank", "a:b:c"], "NAME:CAPACITY:COST"),
        (["solve", "two.csv", "-c", "12", "--what-if", "1:2"], "LOWER:UPPER:SIZE"),
        (["solve", "two.csv", "-c", "12", "--what-if", "3:2:4"], "ends before"),
        (["solve", "two.csv", "-c", "12", "--max-moves", "1"], "--keep"),
        (["solve", "two.csv", "-c", "12", "--engine", "guess"], "guess"),
        (["solve", "two.csv", "-c", "12", "-o", "no/such/plan.csv"], "no folder no/such\n"),
        (["solve", "missing.csv", "-o", "no/such/plan.csv"], "no folder no/such\n"),  # at once
        (["explain", "two.csv", "-o", "no/such/map.svg"], "hint: mkdir -p no/such\n"),
        (["validate", "two.csv"], "PLAN"),
        (["validate", "two.csv", "two.csv"], "no column 'offset'"),
        (["plan", "two.csv", "-o", "x.tflite"], "no .tflite model"),
        (["explain", "two.csv", "-o", "map.pdf"], ".svg"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_misuse_is_2(cli: Run, two: Path, arguments: list[str], message: str) -> None:
    done = cli(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_bytes_may_have_units(cli: Run, two: Path) -> None:
    for text in ("1KiB", "1k"):
        assert f"of {1024:,}" in cli("solve", two, "-c", text).stderr


@pytest.mark.parametrize(
    "command", ["solve", "minimize", "validate", "plan", "explain", "bench", "train"]
)
def test_help_teaches(cli: Run, command: str) -> None:
    done = cli(command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"telamalloc {command}" in done.stdout
    assert "Examples:\n" in done.stdout


def test_the_help_documents_exit_codes_and_every_switch(cli: Run) -> None:
    from dataclasses import fields

    from telamalloc.solver import SolverParams

    top = cli("--help").stdout
    for code in ("0 ", "1 ", "2 ", "3 ", "4 ", "130"):
        assert f"\n    {code}" in top
    text = " ".join(cli("solve", "--help").stdout.split())
    for switch in fields(SolverParams):
        assert "--" + switch.name.replace("_", "-") in text


def test_switches_reach_the_core(cli: Run, two: Path) -> None:
    done = cli(
        "solve", two, "-c", 12, "--no-greedy", "--no-restarts", "--seed", 7, "--engine", "core"
    )
    assert done.returncode == 0


def test_without_or_tools(cli: Run, two: Path, tmp_path: Path) -> None:
    """A Python that cannot find OR-Tools: a hint, and the core still works."""
    import subprocess
    import sys

    program = (
        "import sys; sys.modules['ortools'] = None; from telamalloc.cli import main;"
        "sys.argv = ['telamalloc', 'solve', 'two.csv', '-c', '12', '--engine', sys.argv[1]]; main()"
    )
    for engine, code in (("cpsat", 2), ("core", 0)):
        done = subprocess.run(
            [sys.executable, "-c", program, engine], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == code, done.stderr
        if code:
            assert "hint: pip install 'mlgo-suite[solver]'" in done.stderr
            assert "Traceback" not in done.stderr
