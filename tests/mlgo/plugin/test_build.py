"""Building the plugin where another checkout built it before."""

import pytest

from mlgo.plugin.build import build_plugin


@pytest.mark.slow
def test_a_cache_of_another_checkout_is_no_obstacle(tmp_path):
    (tmp_path / "build" / "CMakeFiles").mkdir(parents=True)
    cache = tmp_path / "build" / "CMakeCache.txt"
    cache.write_text("CMAKE_HOME_DIRECTORY:INTERNAL=/somewhere/else\n")
    built = build_plugin(22, folder=tmp_path).stat().st_mtime_ns
    assert build_plugin(22, folder=tmp_path).stat().st_mtime_ns == built


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
