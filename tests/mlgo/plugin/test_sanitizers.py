"""The plugin under the address and undefined-behaviour sanitizers, in a stock clang."""

import subprocess

import pytest

from mlgo import models
from mlgo.plugin.build import build_plugin
from mlgo.toolchain import SUPPORTED_RELEASES, find_toolchain
from tests.mlgo.plugin.conftest import SOURCE, Clang

pytestmark = pytest.mark.sanitize


@pytest.fixture(scope="module", params=SUPPORTED_RELEASES, ids=lambda r: f"llvm-{r}")
def built(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugin")
    return find_toolchain(request.param), build_plugin(request.param, folder=folder, sanitize=True)


@pytest.fixture
def sanitized(built, tmp_path, monkeypatch):
    toolchain, plugin = built
    name = "-print-file-name=libclang_rt.asan-x86_64.so"
    library = subprocess.run([toolchain.clang, name], capture_output=True, text=True, check=True)
    # LLVM itself is not instrumented: its containers and its leaks are not ours to judge.
    options = "detect_container_overflow=0:detect_leaks=0:alloc_dealloc_mismatch=0:exitcode=77"
    monkeypatch.setenv("ASAN_OPTIONS", options)
    monkeypatch.setenv("UBSAN_OPTIONS", "halt_on_error=1")
    monkeypatch.setenv("LD_PRELOAD", library.stdout.strip())
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
