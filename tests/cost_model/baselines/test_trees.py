"""Boosted trees: they learn, they are kept, and without ydf there is a clear error."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from cost_model.baselines import trees
from cost_model.metrics import quality
from mlgo.errors import UserError
from tests.cost_model import generate

CONFIG = trees.TreesConfig(trees=40, depth=4)


@pytest.mark.parametrize("features", sorted(trees.FEATURES))
def test_trees_learn_and_are_read_again(tmp_path: Path, features: str) -> None:
    kernels = [generate.kernel(seed) for seed in range(40)]
    model = trees.fit(CONFIG, kernels[:30], [], features)
    taus = [quality(k.config_runtime, model.predict(k)).tau for k in kernels[30:]]
    assert np.mean(taus) > 0.5
    model.save(tmp_path / "model")
    again = trees.load(tmp_path / "model", features)
    assert np.array_equal(again.predict(kernels[30]), model.predict(kernels[30]))


def test_a_missing_library_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ydf", None)
    with pytest.raises(UserError, match="ydf") as raised:
        trees.fit(CONFIG, [generate.kernel(0)], [], "flat")
    assert "mlgo-suite[train]" in raised.value.hint


def test_a_folder_without_trees_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no trees"):
        trees.load(tmp_path, "flat")
