"""The table of known packages."""

from pathlib import Path

import pytest

from mlgo.corpus.recipe import detect_system, find_recipe, recipes, recipes_with_suite
from mlgo.errors import UserError

HELD_OUT = {
    "lua5.4", "libzstd", "re2", "leveldb", "ninja-build", "pugixml", "yaml-cpp", "libjsoncpp",
    "cmark", "sqlite3",
}  # fmt: skip
# Kept for a judge of the policies: never trained on, never looked at.
RESERVED = {
    "xz-utils", "cppcheck", "woff2", "flatbuffers", "gperf", "aria2", "flac", "opus", "libwebp",
    "bzip2", "libpng1.6", "tidy-html5", "graphite2", "harfbuzz", "zopfli", "lzip", "exiv2",
    "taglib", "openjpeg2",
}  # fmt: skip


def test_splits_are_by_package_and_the_reserved_ones_are_in_none() -> None:
    splits = {recipe.name: recipe.split for recipe in recipes().values()}
    assert {name for name, split in splits.items() if split == "heldout"} == HELD_OUT
    assert set(splits.values()) == {"train", "validation", "heldout"}
    assert not RESERVED & set(splits)


def test_every_package_is_pinned() -> None:
    assert all(recipe.version for recipe in recipes().values())


def test_at_least_six_held_out_programs_have_a_test_suite() -> None:
    assert len({recipe.name for recipe in recipes_with_suite()} & HELD_OUT) >= 6


def test_a_package_that_is_not_in_the_table_has_no_hints() -> None:
    recipe = find_recipe("no-such-package")
    assert (recipe.version, recipe.split, recipe.system) == ("", "", None)
    with pytest.raises(UserError, match="no test recipe for no-such-package") as caught:
        recipe.for_test()
    assert "ninja-build" in caught.value.hint


@pytest.mark.parametrize(
    ("files", "system"),
    [
        (["Makefile", "CMakeLists.txt"], "cmake"),
        (["meson.build", "configure"], "meson"),
        (["configure", "Makefile"], "configure"),
        (["configure.ac"], "configure"),
        (["Makefile"], "make"),
    ],
)
def test_build_systems_are_known_by_their_files(
    tmp_path: Path, files: list[str], system: str
) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert detect_system(tmp_path) == system


def test_no_build_system(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no known build system"):
        detect_system(tmp_path)
