import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli(tmp_path: Path) -> Run:
    """Runs the real command line in a folder of its own; checks that it leaves no rubbish."""

    def run(*arguments: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "telamalloc.cli", *map(str, arguments)],
            capture_output=True, text=True, cwd=tmp_path, timeout=timeout,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        assert not list(tmp_path.glob("*.partial"))
        return done

    return run


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two buffers that need 12 bytes together."""
    path = tmp_path / "two.csv"
    path.write_text("id,lower,upper,size\na,0,3,4\nb,2,5,8\n")
    return path


@pytest.fixture
def hard(tmp_path: Path) -> Path:
    """3,000 random buffers, for which no one will prove the least peak in time."""
    import numpy as np

    random = np.random.default_rng(0)
    lower = random.integers(0, 2000, 3000)
    upper = lower + random.integers(1, 300, 3000)
    size = random.integers(1, 10**6, 3000)
    rows = zip(lower.tolist(), upper.tolist(), size.tolist(), strict=True)
    text = "".join(f"{i},{a},{b},{s}\n" for i, (a, b, s) in enumerate(rows))
    path = tmp_path / "hard.csv"
    path.write_text("id,lower,upper,size\n" + text)
    return path
