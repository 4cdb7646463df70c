"""The shipped model keeps what its card says."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from cost_model import models
from cost_model.metrics import quality
from cost_model.rank import predictor
from cost_model.weights import load_weights
from tests.cost_model import published

CARD = json.loads((models.folder() / "card.json").read_text())


def test_the_files_are_those_of_the_card() -> None:
    for name, digest in CARD["files"].items():
        assert hashlib.sha256((models.folder() / name).read_bytes()).hexdigest() == digest


def test_families_are_in_one_part_only() -> None:
    parts = [set(families) for families in CARD["data"]["kernels"].values()]
    assert len(set.union(*parts)) == sum(len(part) for part in parts)


def test_held_out_kernels_are_ranked_as_the_card_says() -> None:
    predict = predictor(load_weights(models.weights_file()))
    kernels = [k for family in CARD["data"]["kernels"]["test"] for k in published.family(family)]
    found = [quality(kernel.config_runtime, predict(kernel)) for kernel in kernels]
    ranker = CARD["test"]["methods"]["ranker"]
    for figure, digits in (("top1", 4), ("top5", 4), ("tau", 3)):
        mean = np.mean([getattr(q, figure) for q in found])
        assert round(float(mean), digits) == round(ranker[figure]["value"], digits)
    assert ranker["top1"]["value"] <= 0.05
    assert ranker["top5"]["value"] <= 0.01
    assert ranker["tau"]["value"] >= 0.85
