"""What a search of a module teaches: exact effects, and examples that weigh them."""

import numpy as np
import pytest

from mlgo.corpus.program import load_program
from mlgo.errors import UserError
from mlgo.inlining.features import FEATURES
from mlgo.inlining.reward import LinkedWeights
from mlgo.plugin.build import build_plugin
from mlgo.policy import Policy
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.explore import measure
from mlgo.toolchain import find_toolchain
from mlgo.train.searched import (
    Effect,
    Searched,
    flips,
    load_searched,
    save_searched,
    search_module,
)
from tests.mlgo.evaluate.conftest import SOURCES, make_program

PLAIN = LinkedWeights([])


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The largest module of a program, searched; and its size by default."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLGO_HOME", str(home))
        folder = home / "corpus" / "words"
        archives = (("libwords.a", ("total.cc.o", "longest.cc.o")),)
        make_program(folder, "words", SOURCES, ("main.cc.o",), archives)
        compiler = PluginCompiler(find_toolchain(22), build_plugin(22))
        modules = load_program(folder).modules
        module = max(modules, key=lambda m: (folder / m.bitcode).stat().st_size)
        searched = search_module(compiler, folder, module, Policy("default"), PLAIN, 8, 0)
        yield searched, measure(compiler, folder, module, Policy("default"))


def test_a_search_tells_what_flips_are_worth(found):
    searched, default = found
    assert searched.size == sum(default.values())
    assert 0 <= searched.saved < searched.size
    assert searched.features.shape == (len(searched.decisions), len(FEATURES))
    assert searched.effects
    assert any(effect.added for effect in searched.effects)
    for effect in searched.effects:
        assert len(effect.indices) == len(effect.inlined)
        assert all(0 <= index < len(searched.decisions) for index in effect.indices)


def test_a_result_is_kept_whole(found, tmp_path):
    save_searched(tmp_path / "a" / "x.npz", found[0])
    again = load_searched(tmp_path / "a" / "x.npz")
    assert again.effects == found[0].effects
    assert (again.features == found[0].features).all()
    assert (again.saved, again.size) == (found[0].saved, found[0].size)


def test_what_is_no_result_is_named(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"nothing")
    with pytest.raises(UserError, match="no searched module"):
        load_searched(tmp_path / "x.npz")


def searched(*effects):
    features = np.arange(4 * len(FEATURES)).reshape(4, -1)
    return Searched(features, np.zeros(4, np.int64), effects, 0.0, 0.0)


def test_the_better_action_weighs_its_bytes():
    module = searched(
        Effect((0,), (False,), {"f": -30}),  # inlining saves
        Effect((1,), (False,), {"f": 500}),  # inlining costs
        Effect((2,), (True,), {"f": 12, "g": -20}),  # keeping saves
    )
    found = flips(module, PLAIN, 1.0, 200.0)
    assert found.actions.tolist() == [1, 0, 0]
    assert found.weights.tolist() == [30, 200, 8]
    assert (found.features == module.features[:3]).all()


def test_the_last_trial_counts_and_together_only_where_it_saves():
    module = searched(
        Effect((0,), (False,), {"f": 10}),
        Effect((0,), (False,), {"f": -4}),
        Effect((0, 1), (False, False), {"f": 50}),
        Effect((2,), (True,), {"f": 5}),
        Effect((2, 3), (True, True), {"f": -40}),
    )
    found = flips(module, PLAIN, 1.0, 200.0)
    assert found.actions.tolist() == [1, 0, 0, 0]
    assert found.weights.tolist() == [4, 25, 20, 20]


def test_shared_functions_count_less():
    weights = LinkedWeights([{"f": 1}] * 4)
    module = searched(Effect((0,), (False,), {"f": -40, "static s": -8}))
    assert flips(module, weights, 1.0, 200.0).weights.tolist() == [18]
    assert flips(module, weights, 0.5, 200.0).weights.tolist() == [28]
    assert flips(module, weights, 0.0, 200.0).weights.tolist() == [48]
