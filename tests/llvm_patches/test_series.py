"""Series of patches: they are complete, and apply and reverse without a trace."""

from pathlib import Path

import pytest

from llvm_patches.series import Series, apply, find_series, releases
from mlgo.errors import UserError

PATCH = """\
Subject: [PATCH] Say it louder

---
diff --git a/llvm/lib/greet.cpp b/llvm/lib/greet.cpp
--- a/llvm/lib/greet.cpp
+++ b/llvm/lib/greet.cpp
@@ -1,2 +1,2 @@
 one
-two
+TWO
diff --git a/llvm/lib/new.cpp b/llvm/lib/new.cpp
new file mode 100644
--- /dev/null
+++ b/llvm/lib/new.cpp
@@ -0,0 +1 @@
+three
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "tree/llvm/lib/greet.cpp"
    path.parent.mkdir(parents=True)
    path.write_text("one\ntwo\n")
    return tmp_path / "tree"


@pytest.fixture
def series(tmp_path: Path) -> Series:
    patch = tmp_path / "0001-louder.patch"
    patch.write_text(PATCH)
    return Series(19, (patch,))


def snapshot(tree: Path) -> dict[str, bytes]:
    return {str(p.relative_to(tree)): p.read_bytes() for p in tree.rglob("*") if p.is_file()}


def test_apply_and_reverse(tree: Path, series: Series):
    before = snapshot(tree)
    apply(series, tree)
    assert snapshot(tree) == {"llvm/lib/greet.cpp": b"one\nTWO\n", "llvm/lib/new.cpp": b"three\n"}
    apply(series, tree, reverse=True)
    assert snapshot(tree) == before


def test_a_series_applies_whole_or_not_at_all(tree: Path, series: Series, tmp_path: Path):
    before = snapshot(tree)
    bad = tmp_path / "0002-bad.patch"
    bad.write_text(PATCH)  # what it changes, the first one has changed already
    with pytest.raises(UserError, match=r"0002-bad\.patch") as error:
        apply(Series(19, (*series.patches, bad)), tree)
    assert error.value.hint
    assert snapshot(tree) == before


def test_names(series: Series, tmp_path: Path):
    again = tmp_path / "0002-again.patch"  # changes what the first one added
    name = "llvm/lib/new.cpp"
    again.write_text(f"--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-three\n+THREE\n")
    both = Series(19, (*series.patches, again))
    assert both.changed() == ["llvm/lib/greet.cpp"]
    assert both.added() == ["llvm/lib/new.cpp"]


@pytest.mark.parametrize("release", releases())
def test_every_patch_has_a_purpose_and_a_test(release: int):
    series = find_series(release)
    assert series.patches
    for number, patch in enumerate(series.patches, start=1):
        assert patch.name.startswith(f"{number:04}-")
        text = patch.read_text()
        message = text.partition("\n---\n")[0].partition("\n\n")[2]
        assert len(message.split()) > 20, f"{patch.name} does not say why"
        alone = Series(release, (patch,))
        names = [*alone.added(), *alone.changed()]
        assert any("/test/" in name or "/unittests/" in name for name in names), (
            f"{patch.name} has no test"
        )


def test_no_patches_for_another_release():
    with pytest.raises(UserError, match="LLVM 7") as error:
        find_series(7)
    assert "LLVM 19" in error.value.hint
