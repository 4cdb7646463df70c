"""Building the plugin: what is embedded, and where another checkout built it before."""

import platform

import pytest

from mlgo import models
from mlgo.errors import UserError
from mlgo.plugin.build import build_plugin


@pytest.mark.slow
def test_a_cache_of_another_checkout_is_no_obstacle(tmp_path):
    (tmp_path / "build" / "CMakeFiles").mkdir(parents=True)
    cache = tmp_path / "build" / "CMakeCache.txt"
    cache.write_text("CMAKE_HOME_DIRECTORY:INTERNAL=/somewhere/else\n")
    built = build_plugin(22, folder=tmp_path).stat().st_mtime_ns
    assert build_plugin(22, folder=tmp_path).stat().st_mtime_ns == built


def test_two_policies_of_one_problem_are_told():
    with pytest.raises(UserError, match="more than one policy of inlining"):
        build_plugin(22, "inlining-size+inlining-size")


def test_own_models_are_embedded_side_by_side(tmp_path):
    """As the shipped policy, whose three models they are."""
    own = models.object_files("inlining-size", platform.machine())
    assert len(own) == 3
    built = build_plugin(22, own=own, folder=tmp_path)
    assert built.read_bytes() == build_plugin(22).read_bytes()


@pytest.mark.slow
def test_compiles_go_on_while_the_plugin_is_rebuilt(tmp_path):
    """One plugin replaces another; who has the first open keeps it."""
    first = build_plugin(22, "inlining-size", folder=tmp_path)
    before = first.read_bytes()
    with first.open("rb") as held:
        second = build_plugin(22, "regalloc-speed", folder=tmp_path)
        assert held.read() == before
    assert second == first
    assert second.read_bytes() != before
    assert not list(tmp_path.glob("*.partial"))
