"""`telamalloc bench`: tables in four forms, suites that need no second run, clear errors."""

import json
from pathlib import Path

from tests.telamalloc.cli.conftest import Run

QUICK = ("held-out", "scale", "--instances", 7, "--largest", 1000, "--no-peers", "-o", "out")


def test_tables_in_every_form_and_no_second_run(cli: Run, tmp_path: Path) -> None:
    done = cli("bench", *QUICK)
    assert done.returncode == 0, done.stderr
    assert "| learned order |" in done.stdout
    files = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    assert sorted(files) == ["bench.html", "bench.json", "bench.md", "growth.svg"]
    assert files["bench.md"].decode() == done.stdout
    rows = json.loads(files["bench.json"])["suites"]["held-out"]["rows"]
    assert rows[0]["solver"] == "no learning"
    again = cli("bench", *QUICK, "--resume")
    assert "==" not in again.stderr
    assert again.stdout == done.stdout


def test_clear_errors(cli: Run, tmp_path: Path) -> None:
    assert "--data" in cli("bench", "fit").stderr
    assert "--output" in cli("bench", "--resume").stderr
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "bench.json").write_text("[1]")
    done = cli("bench", *QUICK, "--resume")
    assert done.returncode == 2
    assert "no results of the benchmark" in done.stderr
