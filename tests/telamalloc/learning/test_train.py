"""Learning the allocator's models: what is missing is said before any work is done."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from telamalloc import solver
from telamalloc.errors import TelamallocError
from telamalloc.learning import generate
from telamalloc.learning.train import TrainParams, train
from telamalloc.solver import SolverParams


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


def test_too_few_dead_ends_are_a_clear_error(tmp_path: Path) -> None:
    pytest.importorskip("ydf", reason="pip install ydf")
    params = TrainParams(instances=1, nodes=1, only_backtracks=True)
    with pytest.raises(TelamallocError, match="dead ends"):
        train(params, tmp_path / "models.cc", lambda _: None)
    assert not list(tmp_path.iterdir())


def test_the_model_of_dead_ends_that_is_compiled_in_decides() -> None:
    """With a low bar it gives up decisions that the search without it keeps."""
    off = SolverParams(node_budget=5_000, timeout=0.0, time_sweep=False, greedy=False)
    on = replace(off, learned_backtracking=True, give_up=-100.0)
    problems = [i.problem for i in generate.tight_set(12, held_out=False)]
    jumps = [
        [solver.solve(p, params).stats.major_backtracks for p in problems] for params in (off, on)
    ]
    assert jumps[0] != jumps[1]
