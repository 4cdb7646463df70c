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


def counts(program: Path, seeds: int, said: str) -> list[int]:
    """Runs a check of so many seeds, and returns the numbers in what it says."""
    done = subprocess.run([program, "0", str(seeds)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(said, done.stdout)
    assert found is not None
    return [int(number) for number in found.groups()]


def test_a_hundred_thousand_problems_against_trying_everything(programs: Path) -> None:
    said = r"(\d+) feasible, (\d+) infeasible\n"
    feasible, infeasible = counts(programs / "fuzz", 100_000, said)
    assert feasible > 50_000
    assert infeasible > 5_000


def test_sets_of_orders_against_all_orders_and_sweeps_against_the_rules(programs: Path) -> None:
    (swept,) = counts(programs / "orders", 10_000, r"(\d+) swept\n")
    assert swept > 9_000
