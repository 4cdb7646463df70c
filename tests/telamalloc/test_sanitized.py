"""The core under AddressSanitizer and UndefinedBehaviorSanitizer, against trying everything."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "native"


@pytest.mark.sanitize
@pytest.mark.timeout(3600)
@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is missing")
def test_a_hundred_thousand_problems_under_sanitizers(tmp_path: Path) -> None:
    subprocess.run(["cmake", "-S", SOURCE, "-B", tmp_path, "-G", "Ninja"], check=True)
    subprocess.run(["cmake", "--build", tmp_path, "-j2"], check=True)
    done = subprocess.run([tmp_path / "fuzz", "0", "100000"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counts = re.fullmatch(r"(\d+) feasible, (\d+) infeasible\n", done.stdout)
    assert counts is not None
    assert int(counts[1]) > 50_000
    assert int(counts[2]) > 5_000
