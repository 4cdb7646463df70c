"""Building the plugin where another checkout built it before."""

import pytest

from mlgo.plugin.build import build_plugin


@pytest.mark.slow
def test_a_cache_of_another_checkout_is_no_obstacle(tmp_path):
    cache = tmp_path / "CMakeCache.txt"
    cache.write_text("CMAKE_HOME_DIRECTORY:INTERNAL=/somewhere/else\n")
    (tmp_path / "CMakeFiles").mkdir()
    built = build_plugin(22, folder=tmp_path).stat().st_mtime_ns
    assert build_plugin(22, folder=tmp_path).stat().st_mtime_ns == built
