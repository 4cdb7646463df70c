"""The weights' file: what is saved is loaded, what is bad is said to be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cost_model.rank import predictor, rank
from cost_model.weights import Weights, load_weights
from mlgo.errors import UserError
from tests.cost_model import generate


def random_weights(features: tuple[str, ...] = ("log_m", "log_k", "log_n")) -> Weights:
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    size = len(features)
    return Weights(
        features,
        draw(size),
        np.abs(draw(size)) + 0.5,
        (draw(2, size, 4), draw(2, 4, 1)),
        (draw(2, 4), draw(2, 1)),
        draw(2, size),
    )


def test_saved_weights_are_loaded(tmp_path: Path) -> None:
    weights = random_weights()
    weights.save(tmp_path / "w.ranker")
    found = load_weights(tmp_path / "w.ranker")
    assert found.sha256 == weights.sha256
    kernel = generate.kernel(0)
    assert np.array_equal(predictor(found)(kernel), predictor(weights)(kernel))
    order = rank(kernel, tmp_path / "w.ranker")
    assert sorted(order) == list(range(kernel.configs))
    scores = predictor(weights)(kernel)
    assert (np.diff(scores[order]) >= 0).all()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda b: b[:-4], "size"),
        (lambda b: b + b"\0\0\0\0", "size"),
        (lambda b: b"{}\n" + b, "no model"),
        (lambda b: b"\x80\x04pickle", "no model"),
        (lambda b: b[:-4] + np.float32(np.nan).tobytes(), "finite"),
    ],
)
def test_a_bad_file_is_an_error(tmp_path: Path, damage: object, words: str) -> None:
    assert callable(damage)
    (tmp_path / "w.ranker").write_bytes(damage(random_weights().to_bytes()))
    with pytest.raises(UserError, match=words):
        load_weights(tmp_path / "w.ranker")


def test_a_missing_model_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        load_weights(tmp_path / "none")
    assert "cost-model train" in raised.value.hint


def test_a_model_of_other_features_is_refused() -> None:
    with pytest.raises(UserError, match="colour"):
        predictor(random_weights(("log_m", "colour")))(generate.kernel(0))
