"""What it costs to be asked about evictions: by the hook and over pipes, against no question."""

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from mlgo.plugin.build import build_plugin
from tests.llvm_patches.test_regalloc import SOURCE

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]


def cpu_seconds(argv: list[str | Path], **environment: str) -> float:
    """User and system time of a command and of all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(a) for a in argv], env={**os.environ, **environment}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_hook_against_pipes(prefix: Path, tmp_path: Path):
    """Both let the default decide, so that the three objects are the same."""
    source = tmp_path / "x.c"
    source.write_text("".join(SOURCE.replace("long f(", f"long f{i}(") for i in range(40)))
    plugin = build_plugin(19, folder=tmp_path / "plugin")
    channel = tmp_path / "channel"
    plain = [prefix / "bin/clang", "-O2", "-c", source]
    hook = [*plain, f"-fpass-plugin={plugin}"]
    host = [sys.executable, Path(__file__).with_name("eviction_host.py"), channel]
    pipes = [*host, *plain, "-mllvm", "-regalloc-enable-advisor=release"]
    pipes += ["-mllvm", f"-regalloc-evict-interactive-channel-base={channel}"]
    rounds = [
        (
            cpu_seconds([*plain, "-o", tmp_path / "plain.o"]),
            cpu_seconds(
                [*hook, "-o", tmp_path / "hook.o"], MLGO_POLICY="off", MLGO_REGALLOC="default"
            ),
            cpu_seconds([*pipes, "-o", tmp_path / "pipes.o"]),
        )
        for _ in range(7)
    ]
    made = {(tmp_path / f"{way}.o").read_bytes() for way in ("plain", "hook", "pipes")}
    assert len(made) == 1
    by_hook = statistics.median(hook / plain for plain, hook, _ in rounds)
    by_pipes = statistics.median(pipes / plain for plain, _, pipes in rounds)
    print(f"CPU time against no questions: hook x{by_hook:.2f}, pipes x{by_pipes:.2f}")
    assert by_hook < by_pipes
