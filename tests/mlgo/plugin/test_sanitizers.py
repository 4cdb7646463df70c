"""The plugin under the address and undefined-behaviour sanitizers, in a stock clang."""

import subprocess

import pytest

from mlgo import models
from mlgo.plugin.build import build_plugin
from mlgo.toolchain import SUPPORTED_RELEASES, find_toolchain
from tests.mlgo.plugin.conftest import SOURCE, Clang
from tests.mlgo.regalloc.conftest import SOURCE as PRESSURE
from tests.mlgo.regalloc.conftest import Compiler

pytestmark = pytest.mark.sanitize


@pytest.fixture(scope="module", params=SUPPORTED_RELEASES, ids=lambda r: f"llvm-{r}")
def built(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugin")
    return find_toolchain(request.param), build_plugin(request.param, folder=folder, sanitize=True)


def watch(toolchain, monkeypatch):
    """Loads the sanitizers' library into clang."""
    name = "-print-file-name=libclang_rt.asan-x86_64.so"
    library = subprocess.run([toolchain.clang, name], capture_output=True, text=True, check=True)
    # LLVM itself is not instrumented: its containers and its leaks are not ours to judge.
    options = "detect_container_overflow=0:detect_leaks=0:alloc_dealloc_mismatch=0:exitcode=77"
    monkeypatch.setenv("ASAN_OPTIONS", options)
    monkeypatch.setenv("UBSAN_OPTIONS", "halt_on_error=1")
    monkeypatch.setenv("LD_PRELOAD", library.stdout.strip())


@pytest.fixture
def sanitized(built, tmp_path, monkeypatch):
    toolchain, plugin = built
    watch(toolchain, monkeypatch)
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "x.cc").write_text(SOURCE)
    return Clang(toolchain, plugin, folder)


def clean(clang):
    return "Sanitizer" not in clang.output and "runtime error" not in clang.output


@pytest.mark.parametrize("policy", ["default", "learned", "random", "file"])
def test_policies_logs_and_replay(sanitized, policy):
    folder = sanitized.folder
    options = {"weights": models.weights_file("inlining-size"), "seed": 3, "temperature": 1}
    sanitized.compile(policy=policy, log=folder / "log", record=folder / "list", **options)
    assert clean(sanitized)
    options |= {"decisions": folder / "list", "flip": "1,2"}
    sanitized.compile("-Rpass=mlgo-inline", policy=policy, **options)
    assert clean(sanitized)


def test_exploration(sanitized):
    if sanitized.toolchain.release < 22:
        pytest.skip("LLVM 19 has no hook before code generation")
    flips = ",".join(map(str, range(0, 60, 7)))
    sizes = sanitized.folder / "sizes"
    sanitized.compile(policy="default", explore=flips, sizes=sizes, output="/dev/null")
    assert clean(sanitized)
    assert len(sizes.read_text().splitlines()) == 10


def test_errors(sanitized):
    assert sanitized.compile(policy="file", weights="/dev/null", check=False) == 1
    assert clean(sanitized)


@pytest.fixture(scope="module")
def eviction_plugin(tmp_path_factory):
    folder = tmp_path_factory.mktemp("eviction")
    return build_plugin(22, "regalloc-speed", folder=folder, sanitize=True)


@pytest.fixture
def allocating(eviction_plugin, tmp_path, monkeypatch):
    """LLVM 22 with regalloc-speed inside, and a C file with more values than registers."""
    watch(find_toolchain(22), monkeypatch)
    (tmp_path / "x.c").write_text(PRESSURE)
    (tmp_path / "tmp").mkdir()
    return Compiler(find_toolchain(22), eviction_plugin, tmp_path)


def test_register_allocation(allocating):
    weights = models.weights_file("regalloc-speed")
    for policy in ("default", "learned", "random", "file"):
        allocating.compile(
            policy,
            seed=3,
            weights=weights,
            temperature=1,
            log=allocating.folder / f"{policy}.log",
            scores=allocating.folder / f"{policy}.jsonl",
        )
        assert clean(allocating)
        assert (allocating.folder / f"{policy}.log").stat().st_size > 10_000
    choices = allocating.folder / "choices"
    choices.write_text("mlgo-choices-1\n" + "".join(f"mix\t{n}\t{n % 16}\n" for n in range(99)))
    allocating.compile("default", choices=choices, priority="random")
    assert clean(allocating)
    order = models.priority_file("regalloc-speed")
    for priority in ("learned", "file"):
        allocating.compile("off", priority=priority, priority_weights=order)
        assert clean(allocating)
    assert allocating.leftovers() == []


def test_errors_of_register_allocation(allocating):
    assert allocating.compile("file", weights="/dev/null", check=False) == 1
    broken = {"priority": "file", "priority_weights": "/dev/null"}
    assert allocating.compile("off", check=False, **broken) == 1
    choices = allocating.folder / "choices"
    choices.write_text("mlgo-choices-1\nmix\tx\n")
    assert allocating.compile("default", choices=choices, check=False) == 1
    assert clean(allocating)


@pytest.mark.parametrize("regalloc", ["learned", "random"])
def test_trials_of_register_allocation(allocating, regalloc):
    use = allocating.profile()
    stock = allocating.stock(use)
    assert allocating.compile(regalloc, use, trials=60) != stock
    assert clean(allocating)
    assert allocating.leftovers() == []
