"""Random programs (Csmith) say the same, whatever decides about register allocation."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mlgo.plugin.build import build_plugin
from mlgo.process import check, run
from mlgo.toolchain import find_toolchain
from mlgo.workloads.allocation import allocation
from mlgo.workloads.optimise import Extra
from tests.mlgo.regalloc.kinds import KINDS, MODEL, ORDER

HEADERS = Path("/usr/include/csmith")
QUICK, SLOW = 10, 300  # programs
SMALL = ("--max-funcs", "6", "--max-block-depth", "3", "--no-argc")
SECONDS = 5.0  # of a run; Csmith's programs may loop for ever
TRIALS = 100  # for a program

pytestmark = pytest.mark.skipif(
    shutil.which("csmith") is None or not HEADERS.is_dir(),
    reason="needs the Debian packages csmith and libcsmith-dev",
)


@pytest.fixture(scope="module")
def plugin():
    return build_plugin(22, MODEL)


def compile_and_run(folder, name, level, extra, *more):
    """Returns what a program prints: its checksum."""
    program = folder / f"{name}{level}"
    argv = [find_toolchain().clang, level, "-w", f"-I{HEADERS}", *extra.arguments, *more]
    done = run([*argv, folder / f"{name}.c", "-o", program], env=extra.environment)
    check(done, f"compiling {name} at {level}")
    done = run([program], env={"LLVM_PROFILE_FILE": f"{folder / name}.profraw"}, timeout=SECONDS)
    program.unlink()
    return done


def profiled(folder, name):
    """Returns the flag of a program's profile, and what it printed while it was profiled."""
    said = compile_and_run(folder, name, "-O2", Extra(("-fprofile-generate",)))
    raw, profile = folder / f"{name}.profraw", folder / f"{name}.profdata"
    if raw.exists():  # it was not stopped
        check(
            run([find_toolchain().tool("llvm-profdata"), "merge", raw, "-o", profile]), "profiling"
        )
        raw.unlink()
    return f"-fprofile-use={profile}", said


def check_program(folder, seed, plugin):
    """Generates a program and compares all builds of it; False if it takes too long to run."""
    name = f"program{seed}"
    argv = ["csmith", "--seed", str(seed), *SMALL, "--output", folder / f"{name}.c"]
    subprocess.run(argv, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    wanted = compile_and_run(folder, name, "-O0", Extra())
    if wanted.code == -9:
        return False
    assert "checksum" in wanted.log
    for level in ("-O1", "-O2", "-O3"):
        for kind in KINDS:
            extra = allocation(plugin, kind, seed=seed, priority=ORDER.get(kind), trials=0)
            found = compile_and_run(folder, name, level, extra)
            assert (found.code, found.log) == (wanted.code, wanted.log), (seed, level, kind)
    check_trials(folder, name, wanted, plugin)
    check_small(folder, name, wanted, seed)
    (folder / f"{name}.c").unlink()
    return True


def check_trials(folder, name, wanted, plugin):
    """Compares builds with a profile, in whose hot functions allocations are tried."""
    use, said = profiled(folder, name)
    assert said.log == wanted.log
    extra = allocation(plugin, "learned", trials=TRIALS)
    for level in ("-O1", "-O2", "-O3"):
        found = compile_and_run(folder, name, level, extra, use)
        assert (found.code, found.log) == (wanted.code, wanted.log), (name, level)
    (folder / f"{name}.profdata").unlink()


def check_small(folder, name, wanted, seed):
    """Compares builds at -Oz: by the policy for size, and with passes skipped by chance."""
    use = (f"-fpass-plugin={build_plugin(22)}",)
    chance = {"MLGO_POLICY": "random", "MLGO_PASSES": "random", "MLGO_REGALLOC_PRIORITY": "random"}
    seeds = {name: str(seed) for name in ("MLGO_SEED", "MLGO_PASSES_SEED", "MLGO_REGALLOC_SEED")}
    for environment in ({}, chance | seeds):
        found = compile_and_run(folder, name, "-Oz", Extra(use, environment))
        assert (found.code, found.log) == (wanted.code, wanted.log), (name, environment)


def check_programs(folder, count, plugin):
    """Checks as many programs as wanted, of those that end in time."""
    done, seed = 0, 0
    while done < count:
        seed += 1
        assert seed < 2 * count + 10, "most programs do not end"
        done += check_program(folder, seed, plugin)


def test_ten_random_programs_keep_their_checksums(tmp_path, plugin):
    check_programs(tmp_path, QUICK, plugin)


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
def test_three_hundred_random_programs_keep_their_checksums(tmp_path, plugin):
    check_programs(tmp_path, SLOW, plugin)
