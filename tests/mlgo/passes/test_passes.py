"""Skipped passes: one policy in numpy, TensorFlow and the plugin; any choice is right."""

import dataclasses
import json
import os

import numpy as np
import pytest

from mlgo import models
from mlgo.errors import UserError
from mlgo.passes.weights import (
    FEATURES,
    FUNCTION_FEATURES,
    PASSES,
    PassWeights,
    load_pass_weights,
)
from mlgo.perceptron import untrained
from mlgo.plugin.build import build_plugin
from mlgo.toolchain import find_toolchain
from mlgo.tune.decisions import PARTS, Skip, read_skips, write_decisions
from tests.mlgo.export.features import by_tensorflow, plugin_with

os.environ["CUDA_VISIBLE_DEVICES"] = ""


def random_weights(seed=0, layers=(5,)):
    """Skips about half of all."""
    rng = np.random.default_rng(seed)
    inputs = len(FEATURES)
    start = untrained(np.full(inputs, 1.5), np.ones(inputs), layers, seed)
    last = rng.normal(0, 1, start.kernels[-1].shape).astype(np.float32)
    return PassWeights(
        features=FEATURES, **start._replace(kernels=(*start.kernels[:-1], last))._asdict()
    )


def compiled(clang, weights, **options):
    path = clang.folder / f"{weights.sha256}.mlgo"
    weights.save(path)
    return clang.compile(passes="file", passes_weights=path, **options)


def test_the_control_is_stock(clang):
    stock = clang.stock()
    assert clang.compile(passes="default") == stock
    assert clang.compile(policy="default") == stock
    assert clang.compile() == stock
    zeros = untrained(np.zeros(len(FEATURES)), np.ones(len(FEATURES)), (), 0)
    assert compiled(clang, PassWeights(features=FEATURES, **zeros._asdict())) == stock


@pytest.mark.parametrize("name", PARTS)
def test_each_pass_can_be_skipped(clang, name):
    clang.stock()
    expected = clang.said()
    log = clang.folder / "log"
    clang.compile(passes="default", passes_flip=name, passes_log=log)
    assert clang.said() == expected
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert {row["function"] for row in rows} == {"fill", "fold", "main"}
    for row in rows:
        assert row.keys() == {"function", "module", *FEATURES, *PARTS}
        assert [row[other] for other in PARTS] == [other == name for other in PARTS]
    (fold,) = (row for row in rows if row["function"] == "fold")
    assert (fold["arguments"], fold["loops"], fold["loop_depth"], fold["returns"]) == (3, 2, 2, 1)


@pytest.mark.parametrize("policy", ["default", "learned"])
def test_a_list_says_what_is_left_out_and_the_policy_the_rest(clang, policy):
    clang.stock()
    expected = clang.said()
    listed, log = clang.folder / "list.tsv", clang.folder / "log"
    clang.compile(policy=policy, passes_log=log)
    usual = dict.fromkeys(("fill", "fold", "main"), frozenset[str]())
    usual |= {skip.function: skip.parts for skip in read_skips(log)[1]}
    for parts in (frozenset(), frozenset(PARTS), frozenset(PARTS[::2])):
        write_decisions(listed, {"x.c": [Skip("fold", parts)], "y.c": [Skip("fill", parts)]})
        clang.compile(policy=policy, passes_log=log, decisions=listed)
        module, skips = read_skips(log)
        assert module == "x.c"
        assert {skip.function: skip.parts for skip in skips} == usual | {"fold": parts}
        assert clang.said() == expected


def test_a_list_can_leave_out_the_order_for_size(clang):
    listed = clang.folder / "list.tsv"
    write_decisions(listed, {})
    assert clang.compile(policy="default", decisions=listed) == clang.stock()
    functions = ("fill", "fold", "main")
    write_decisions(listed, {"": [Skip(name, frozenset({"size_order"})) for name in functions]})
    order = {"policy": "off", "size_order": "learned", "passes": "default"}
    assert clang.compile(**order, decisions=listed) == clang.stock()
    assert clang.compile(**order) != clang.stock()


def test_skipping_changes_code(clang):
    stock = clang.stock()
    changed = [clang.compile(passes="default", passes_flip=name) != stock for name in PASSES]
    assert sum(changed) >= 3


def test_any_choice_is_right(clang):
    clang.stock()
    expected = clang.said()
    made = set()
    for seed in range(6):
        options = {"passes": "random", "passes_seed": seed}
        made.add(clang.compile(**options))
        assert clang.said() == expected
        assert clang.compile(**options) in made
        compiled(clang, random_weights(seed))
        assert clang.said() == expected
    assert len(made) > 2


def test_only_small_code_for_x86_has_a_choice(clang):
    for level in ("-O2", "-Os"):
        assert clang.compile(level=level, passes="random") == clang.stock(level=level)
    arm = ("--target=aarch64-linux-gnu",)
    assert clang.compile(*arm, passes="random") == clang.stock(*arm)


def test_bisection_of_passes_stays_llvms(clang):
    bisect = ("-mllvm", "-opt-bisect-limit=1000000")
    assert clang.compile(*bisect, passes="random") == clang.stock(*bisect)


def test_numpy_tensorflow_and_the_object_agree(clang, tmp_path):
    made = random_weights(4)
    rng = np.random.default_rng(0)
    x = rng.lognormal(1, 1, (100, len(FEATURES))).astype(np.float32)
    found = by_tensorflow(made, "score", x)
    np.testing.assert_allclose(made.scores(x), found, rtol=1e-4, atol=1e-4)

    embedded = dataclasses.replace(clang, plugin=plugin_with(made, tmp_path))
    assert embedded.compile(passes="learned") == compiled(clang, made) != clang.stock()
    assert embedded.compile() == clang.stock()


def test_the_plugin_decides_as_numpy_does(clang):
    made, log = random_weights(3), clang.folder / "log"
    compiled(clang, made, passes_log=log)
    for line in log.read_text().splitlines():
        row = json.loads(line)
        function = [row[name] for name in FUNCTION_FEATURES]
        x = np.array([[*function, *asked] for asked in np.eye(len(PASSES))], np.float32)
        assert [row[name] for name in PASSES] == (made.scores(x) > 0).tolist()


def test_the_shipped_choice_is_in_the_plugin(clang):
    path = models.passes_file("inlining-size")
    order = {"size_order": "learned"}
    learned = clang.compile(policy="learned")
    assert learned == clang.compile(passes="file", passes_weights=path, **order)
    assert learned == clang.compile(passes="learned", **order)
    assert learned != clang.compile(policy="learned", passes="off")
    text = clang.said()
    clang.stock()
    assert clang.said() == text


def test_weights_are_read_back(tmp_path):
    made = random_weights()
    (tmp_path / "x").write_bytes(data := made.to_bytes())
    assert load_pass_weights(tmp_path / "x").sha256 == made.sha256
    for damaged in (data[:-1], data + b"\0\0\0\0", data.replace(b"passes-1", b"passes-9")):
        (tmp_path / "x").write_bytes(damaged)
        with pytest.raises(UserError, match="is no model of a choice of passes"):
            load_pass_weights(tmp_path / "x")


def test_what_cannot_be_is_one_error(clang):
    def message(where=clang, **options):
        assert where.compile(check=False, **options) == 1
        assert where.output.count("error:") == 1
        return where.output

    assert "no choice about the pass 'x'" in message(passes="default", passes_flip="x")
    assert "needs -mlgo-passes-weights" in message(passes="file")
    listed = clang.folder / "list.tsv"
    listed.write_text("mlgo-decisions-1\nskip\tfold\tmachine_sink,x\n")
    assert "cannot leave out 'x'" in message(decisions=listed)
    listed.write_text("mlgo-decisions-1\nskip\tfold\n")
    assert "not a decision: 'skip" in message(decisions=listed)
    assert "unknown policy" in message(passes="some")
    bad = clang.folder / "bad.mlgo"
    bad.write_bytes(random_weights().to_bytes().replace(b'"loops"', b'"loopz"'))
    assert "the feature 'loopz'" in message(passes="file", passes_weights=bad)
    other = models.weights_file("inlining-size")
    assert "not of the format" in message(passes="file", passes_weights=other)
    old = dataclasses.replace(clang, toolchain=find_toolchain(19), plugin=build_plugin(19))
    assert "cannot be chosen" in message(old, passes="random")
