"""What an explored alternative costs, against the two ways without a fork.

`pytest -m bench -s tests/mlgo/rollout`. Figures: docs/benchmarks.md.
"""

import numpy as np
import pytest

from mlgo import paths
from mlgo.corpus.build import compile_command
from mlgo.corpus.program import load_program
from mlgo.plugin.build import plugin_path
from mlgo.policy import Policy
from mlgo.process import check, run
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.explore import explore, trajectory
from mlgo.toolchain import find_toolchain
from tests.mlgo.rollout.interactive import compile_with_host, flags

MODULES = (("tinyxml2", "tinyxml2.cpp"), ("spdlog", "spdlog.cpp"), ("libyaml", "src/parser.c"))
ALTERNATIVES = (16, 64)  # 16 in training
SAMPLED = 4  # of the alternatives, in the slow ways: a rate needs no more
DEFAULT, STOCK = Policy("default"), Policy("stock")

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def compiler():
    return PluginCompiler(find_toolchain(22), plugin_path(22))


@pytest.fixture(params=MODULES, ids=lambda pair: "/".join(pair))
def module(request):
    program, source = request.param
    folder = paths.corpus() / program
    if not folder.exists():
        pytest.skip(f"{program} is not in the corpus: mlgo corpus add --debian {program}")
    return folder, next(m for m in load_program(folder).modules if m.source.endswith(source))


@pytest.mark.parametrize("alternatives", ALTERNATIVES)
def test_alternatives_per_second(compiler, module, tmp_path, alternatives):
    """At least twice as many per core as full compiles, and as the interactive channel."""
    folder, unit = module
    rng = np.random.default_rng(0)
    found, seconds = explore(compiler, folder, unit, DEFAULT, alternatives, rng)
    count = len(found.changes) + len(found.callee_changes)
    forked = count / seconds
    chosen = sorted(found.changes)[:: max(1, len(found.changes) // SAMPLED)][:SAMPLED]
    full = rate([full_compile(compiler, folder, unit, flip) for flip in chosen])
    channel = rate([with_channel(compiler, folder, unit, flip, tmp_path) for flip in chosen])
    print(f"\n{unit.source}: {len(found.decisions)} decisions, {count} alternatives explored")
    print(f"alternatives per CPU second: {forked:.2f} forked, {full:.2f} full compiles", end=", ")
    print(f"{channel:.2f} interactive channel")
    print(f"ratios {forked / full:.2f} and {forked / channel:.2f}", end="; ")
    print(f"code generation is {codegen_share(compiler, folder, unit):.0%} of a compile")
    assert forked / full >= 2
    assert forked / channel >= 2


def rate(seconds):
    return len(seconds) / sum(seconds)


def full_compile(compiler, folder, unit, flip):
    """One alternative, one object: without writing features down."""
    return compiler.compile(folder, unit, DEFAULT, env={"MLGO_FLIP": str(flip)}).seconds


def with_channel(compiler, folder, unit, flip, tmp_path):
    base = tmp_path / "channel"
    output = tmp_path / "x.o"
    arguments = tuple(flags(base))
    argv = compile_command(
        compiler.toolchain, folder, unit, STOCK, None, output, arguments=arguments
    )
    decisions, seconds = compile_with_host(argv, base, flip)
    assert decisions > flip
    return seconds


def codegen_share(compiler, folder, unit):
    """The share of a compile that begins after the last pass on IR."""
    whole = compiler.compile(folder, unit, DEFAULT).seconds
    middle = compiler.compile(folder, unit, DEFAULT, arguments=("-emit-llvm",)).seconds
    return 1 - middle / whole


def test_the_channel_decides_as_the_plugin(compiler, module, tmp_path):
    """The same decisions in the same order: otherwise the comparison would mean nothing."""
    folder, unit = module
    asked = len(trajectory(compiler, folder, unit, DEFAULT))
    objects = []
    for flip in (-1, asked // 2):
        base, output = tmp_path / "channel", tmp_path / "channel.o"
        arguments = tuple(flags(base))
        argv = compile_command(compiler.toolchain, folder, unit, STOCK, None, output, arguments)
        assert compile_with_host(argv, base, flip)[0] >= asked // 2
        plain = tmp_path / "plugin.o"
        env = {"MLGO_FLIP": str(flip)} if flip >= 0 else {}
        argv = compile_command(compiler.toolchain, folder, unit, DEFAULT, compiler.plugin, plain)
        check(run(argv, env={**DEFAULT.environment(), **env}), "compiling")
        objects.append(output.read_bytes() == plain.read_bytes())
    assert objects == [True, True]
