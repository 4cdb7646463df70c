"""Learning the allocator's models: what is missing is said before any work is done."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from telamalloc.errors import TelamallocError
from telamalloc.learning.train import TrainParams, train


def test_a_missing_library_is_a_clear_error_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ydf", None)
    said: list[str] = []
    with pytest.raises(TelamallocError, match="ydf") as raised:
        train(TrainParams(), tmp_path / "models.cc", said.append)
    assert "mlgo-suite[train]" in raised.value.hint
    assert not said
    assert not list(tmp_path.iterdir())
