"""The order of allocation for size: where it acts, that it is the shipped one, what it leaves."""

import dataclasses
import subprocess

import numpy as np
import pytest

from mlgo import models
from mlgo.errors import UserError
from mlgo.plugin.build import build_plugin
from mlgo.regalloc.priority import load_priority_weights
from mlgo.regalloc.priority_evolution import initial_priority
from mlgo.toolchain import find_toolchain


@pytest.fixture(scope="module")
def plugin():
    return build_plugin(22, "inlining-size")


@pytest.fixture
def small(clang, plugin):
    """Clang with the policy for size. The inlining policy leaves plain C alone."""
    return dataclasses.replace(clang, plugin=plugin)


def built(clang, *arguments, level="-Oz", check=True, **options):
    env = {f"MLGO_{name.upper()}": str(value) for name, value in options.items()}
    env["MLGO_PASSES"] = "off"
    command = [level, f"-fpass-plugin={clang.plugin}", *arguments, "-c", "x.c", "-o", "x.o"]
    code = clang.run(*command, env=env, check=check)
    return (clang.folder / "x.o").read_bytes() if check else code


def said(clang):
    return subprocess.run([clang.folder / "program"], capture_output=True, check=True).stdout


def stock(clang, *arguments, level="-Oz"):
    clang.run(level, *arguments, "-c", "x.c", "-o", "stock.o")
    return (clang.folder / "stock.o").read_bytes()


def test_the_plugin_holds_the_shipped_order(small):
    learned = built(small)
    assert learned != stock(small)
    weights = models.priority_file("inlining-size")
    assert load_priority_weights(weights).goal == "size"
    file = {"regalloc_priority": "file", "regalloc_priority_weights": weights}
    assert built(small, policy="off", **file) == learned
    assert built(small, policy="off", size_order="learned") == learned
    expected = small.output_of("stock.o")
    built(small)
    assert small.output_of() == expected


def test_only_small_code_of_the_learned_policy_gets_it(small):
    assert built(small, size_order="off") == stock(small)
    assert built(small, policy="default") == stock(small)
    assert built(small, policy="off") == stock(small)
    for level in ("-O2", "-Os"):
        assert built(small, level=level) == stock(small, level=level)
    (small.folder / "x.c").write_text((small.folder / "x.c").read_text().replace("#include", "//"))
    other = ("--target=aarch64-linux-gnu", "-w", "-Wno-implicit-function-declaration")
    assert built(small, *other) == stock(small, *other)


def test_another_order_comes_first(small):
    random = built(small, regalloc_priority="random")
    assert random != built(small)
    assert random == built(small, regalloc_priority="random", size_order="off")
    assert built(small, regalloc_priority="default") == stock(small)


def test_a_link_with_lto_gets_it(small):
    def linked(**options):
        env = {f"MLGO_{name.upper()}": value for name, value in options.items()}
        use = f"-fpass-plugin={small.plugin}"
        lld = [f"--ld-path={small.toolchain.tool('ld.lld')}"]
        lld.append(f"-Wl,--load-pass-plugin={small.plugin}")
        small.run("-Oz", "-flto", use, "x.c", *lld, "-o", "program", env=env)
        return (small.folder / "program").read_bytes(), said(small)

    (ours, told), (plain, expected) = linked(), linked(size_order="off")
    assert ours != plain
    assert told == expected


def test_both_orders_fit_in_one_plugin(clang):
    both = dataclasses.replace(clang, plugin=build_plugin(22, "inlining-size+regalloc-speed"))
    use = clang.profile()
    small = built(dataclasses.replace(clang, plugin=build_plugin(22, "inlining-size")))
    assert built(both) == small
    fast = build_plugin(22, "regalloc-speed")
    wanted = built(dataclasses.replace(clang, plugin=fast), use, level="-O2")
    assert built(both, use, level="-O2") == wanted
    expected = clang.output_of()
    built(both, use)
    assert clang.output_of() == expected


def test_what_cannot_be_is_one_error(clang, small):
    assert built(small, check=False, size_order="random") == 1
    assert "-mlgo-size-order (or MLGO_SIZE_ORDER) is learned or off" in small.output
    assert built(clang, check=False, size_order="learned") == 1
    assert "holds no model" in clang.output
    older = dataclasses.replace(
        clang, toolchain=find_toolchain(19), plugin=build_plugin(19, "inlining-size")
    )
    assert built(older) == stock(older)
    assert built(older, check=False, size_order="learned") == 1
    assert "register allocation" in older.output


def test_the_goal_is_in_the_file(tmp_path):
    made = initial_priority((3,), 0, "size")
    made.save(tmp_path / "x")
    assert load_priority_weights(tmp_path / "x").goal == "size"
    assert load_priority_weights(tmp_path / "x").sha256 == made.sha256
    speed = dataclasses.replace(made, goal="speed")
    assert np.array_equal(speed.arrays[2], made.arrays[2])
    assert speed.sha256 != made.sha256
    (tmp_path / "x").write_bytes(made.to_bytes().replace(b'"size"', b'"beauty"'))
    with pytest.raises(UserError, match="its goal is 'beauty'"):
        load_priority_weights(tmp_path / "x")
