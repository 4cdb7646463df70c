"""ExecuTorch plans with telamalloc: a real exported network, run in ExecuTorch's runtime."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / "build" / "executorch-venv" / "bin" / "python"


def _up_to_date() -> bool:
    stamp = PYTHON.parents[1] / ".stamp"
    core = (ROOT / "telamalloc" / "native").iterdir()
    return stamp.exists() and all(f.stat().st_mtime < stamp.stat().st_mtime for f in core)


@pytest.mark.slow
def test_less_memory_and_the_same_results(tmp_path: Path) -> None:
    if not _up_to_date():
        pytest.skip("needs `make setup-executorch`, again after a change of the core")
    program = Path(__file__).with_name("executorch_program.py")
    done = subprocess.run([PYTHON, program, tmp_path], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout[done.stdout.index("{") :])
    own, ours = (sum(result["sizes"][name]) for name in ("greedy", "telamalloc"))
    print(f"ExecuTorch, dense network: {own} -> {ours} bytes")
    assert ours < 0.9 * own
    assert result["same"]
    assert result["near"]
