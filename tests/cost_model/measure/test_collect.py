import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cost_model.dataset import read_kernels
from cost_model.measure.client import Worker, WorkerLost
from cost_model.measure.collect import Plan, collect
from cost_model.measure.convert import kernel_of
from cost_model.measure.log import Log, read
from cost_model.measure.spec import KernelSpec
from cost_model.tile import DEFAULT, Tile
from mlgo.errors import UserError
from tests.cost_model.jax_environment import needs_jax, run_jax

_SPEC = KernelSpec("small", "test", "model", 24, 32, 48, bias=True, activation="relu")
_QUICK = Plan(tiles=4, rounds=4, budget_ms=50, workers=1)


def _command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from cost_model.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@needs_jax
def test_collect_measures_checks_and_goes_on_where_it_was(tmp_path: Path) -> None:
    arguments = ["collect", str(tmp_path), "--family", "gru", "--tiles", "4", "--rounds", "4"]
    first = _command(*arguments, "--kernels", "1")
    assert first.returncode == 0, first.stderr
    line = (tmp_path / "log.jsonl").read_text()
    second = _command(*arguments, "--kernels", "2")
    assert second.returncode == 0, second.stderr
    assert (tmp_path / "log.jsonl").read_text().startswith(line)
    kernels = read_kernels(tmp_path)
    assert len(kernels) == 2
    for kernel in kernels:
        assert kernel.family == "gru"
        assert kernel.configs == 4
        assert kernel.metadata["tiles"][kernel.default_index] == str(DEFAULT)
        assert set(kernel.metadata["libraries_ns"]) == {"eigen", "ynn"}
        assert kernel.metadata["xla_version"].startswith("jaxlib ")
        assert (kernel.labels[kernel.default_index]) == 1


@needs_jax
def test_a_tile_that_hangs_or_crashes_xla_is_recorded_and_the_others_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = KernelSpec("large", "test", "model", 256, 256, 1024)
    hangs = Tile(128, 128, 8)  # minutes of compiling
    crashes = "99999999999999999999:1:1*vectwidth"  # XLA aborts: no 64-bit number
    drawn = [DEFAULT, hangs, Tile(4, 4, 2)]
    monkeypatch.setattr("cost_model.measure.collect.candidates", lambda *_: [*drawn, crashes])
    log = Log(tmp_path / "log.jsonl")
    plan = Plan(rounds=4, budget_ms=50, workers=1, limit_s=8)
    assert collect([large], log, plan, lambda _: None) == 0
    (record,) = read(tmp_path / "log.jsonl")
    status = {c["name"]: c["status"] for c in record["candidates"]}
    assert status[str(hangs)] == "timeout"
    assert status[crashes] == "crashed"
    kernel = kernel_of(record)
    assert kernel
    assert kernel.configs == 2
    assert kernel.metadata["failed"].keys() == {str(hangs), crashes}


@needs_jax
def test_a_refused_tile_and_a_wrong_result_are_recorded() -> None:
    worker = Worker(limit_s=60)
    lock = Path("/dev/null")
    core = max(os.sched_getaffinity(0))
    request = {"spec": _SPEC.as_json(), "tiles": ["nonsense", str(DEFAULT)], "rounds": 4,
               "budget_ns": 10**7, "core": core, "lock": str(lock)}  # fmt: skip
    try:
        record = worker.measure(request)
        # What a result may be off by is known to the worker alone: none is exact to the last bit.
        assert [c["status"] for c in record["candidates"]] == [
            "rejected", "measured", "measured", "measured"
        ]  # fmt: skip
        assert record["candidates"][0]["error"].startswith("'nonsense' is no tile")
        assert 0 < record["candidates"][1]["worst"] < _SPEC.tolerance() * 10
    finally:
        worker.close()
    with pytest.raises(WorkerLost):
        worker.measure(request)


def test_a_missing_environment_is_an_error_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLGO_XLA_PYTHON", str(tmp_path / "none"))
    done = _command("collect", str(tmp_path), "--kernels", "1")
    assert done.returncode == 2
    assert "there is no environment with JAX" in done.stderr
    assert "make setup-xla" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_environment_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLGO_XLA_PYTHON", "/bin/false")
    with pytest.raises(UserError, match="the XLA environment does not work"):
        collect([_SPEC], Log(tmp_path / "log"), _QUICK, lambda _: None)


def test_a_torn_line_is_dropped_and_a_damaged_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    record = {"spec": _SPEC.as_json(), "hlo": "", "candidates": []}
    path.write_text(json.dumps(record) + '\n{"spec": {"na')
    log = Log(path)
    assert log.names == {"small"}
    log.append({**record, "spec": {"name": "next"}})
    log.close()
    assert [r["spec"]["name"] for r in read(path)] == ["small", "next"]
    path.write_text("{}\n")
    with pytest.raises(UserError, match=r"log\.jsonl:1: no measured kernel"):
        list(read(path))


def test_the_list_needs_no_jax() -> None:
    done = _command("collect", ".", "--list", "--family", "lstm")
    assert done.returncode == 0
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) > 20
    assert {row[1] for row in rows} == {"lstm"}


@needs_jax
def test_a_result_that_differs_from_numpys_is_wrong(tmp_path: Path) -> None:
    found = run_jax(
        """
        import json
        from cost_model.measure.spec import KernelSpec
        from cost_model.measure.worker import _Session
        from cost_model.xla.compiler import Compiler
        spec = KernelSpec("k", "f", "m", 16, 24, 32, dtype="bfloat16", lhs_transposed=True)
        session = _Session(Compiler(), {"spec": spec.as_json()})
        right = session.compiled("4:4:2*vectwidth").status
        session.reference[3, 5] += 0.5
        print(json.dumps([right, session.compiled("4:4:2*vectwidth").status]))
        """,
        tmp_path,
    )
    assert found == ["measured", "wrong"]
