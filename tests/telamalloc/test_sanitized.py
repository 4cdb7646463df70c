"""The core under AddressSanitizer and UndefinedBehaviorSanitizer, against trying everything."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "native"


pytestmark = [
    pytest.mark.sanitize,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is missing"),
]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("native")
    subprocess.run(["cmake", "-S", SOURCE, "-B", folder, "-G", "Ninja"], check=True)
    subprocess.run(["cmake", "--build", folder, "-j2"], check=True)
    return folder


def test_a_hundred_thousand_problems_against_trying_everything(programs: Path) -> None:
    done = subprocess.run([programs / "fuzz", "0", "100000"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counts = re.fullmatch(r"(\d+) feasible, (\d+) infeasible\n", done.stdout)
    assert counts is not None
    assert int(counts[1]) > 50_000
    assert int(counts[2]) > 5_000


def test_sets_of_orders_against_all_orders_and_sweeps_against_the_rules(programs: Path) -> None:
    done = subprocess.run([programs / "orders", "0", "10000"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    swept = re.fullmatch(r"(\d+) swept\n", done.stdout)
    assert swept is not None
    assert int(swept[1]) > 9_000
