"""Programs stay right: their own test suites pass, whatever decides about inlining."""

import subprocess
import sys
from pathlib import Path

import pytest

from mlgo.corpus.assemble import Settings
from mlgo.errors import UserError
from mlgo.plugin.build import build_plugin
from mlgo.policy import Policy
from mlgo.testing import run_suite

SLOW = pytest.mark.slow
# That of the demo's program runs always; the others are slow: each is built three times.
SUITES = [
    "ninja-build",
    *(pytest.param(name, marks=SLOW) for name in ("cmark", "leveldb", "libjsoncpp", "libzstd")),
    *(pytest.param(name, marks=SLOW) for name in ("pugixml", "re2", "sqlite3", "yaml-cpp")),
]


@pytest.fixture(scope="module")
def plugin() -> Path:
    return build_plugin(22)


@pytest.mark.parametrize("kind", ["learned", "default", "random"])
@pytest.mark.parametrize("name", SUITES)
def test_suite_passes(plugin: Path, name: str, kind: str) -> None:
    outcome = run_suite(name, Policy(kind, seed=1), plugin)  # type: ignore[arg-type]
    assert outcome.passed, outcome.log[-3000:]


def test_a_build_that_fails_is_an_error_with_the_compilers_words(tmp_path: Path) -> None:
    broken = tmp_path / "not-a-plugin.so"
    broken.write_text("")
    with pytest.raises(UserError, match="libjsoncpp"):
        run_suite("libjsoncpp", Policy("learned"), broken, Settings(progress=lambda _: None))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lua5.4", "--policy", "stock"], "no test recipe for lua5.4"),
        (["re2", "--profile", __file__], "--profile and --trials are for register allocation"),
        (["re2", "--problem", "regalloc", "--trials", "9"], "nothing is tried without a profile"),
    ],
)
def test_bad_arguments(arguments: list[str], message: str) -> None:
    command = [sys.executable, "-c", "from mlgo.cli import main; main()", "test", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_malformed_list_of_decisions_is_told_before_anything_is_built(tmp_path: Path) -> None:
    listed = tmp_path / "decisions.tsv"
    listed.write_text("mlgo-decisions-1\nkeep\tf\n")
    command = [sys.executable, "-c", "from mlgo.cli import main; main()", "test", "cmark"]
    done = subprocess.run(
        [*command, "--decisions", str(listed)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 1
    assert "decisions.tsv:2: not a decision" in done.stderr
    assert "building" not in done.stderr
    assert "Traceback" not in done.stderr
