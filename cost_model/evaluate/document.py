"""A judgement as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

from cost_model.evaluate.judge import FIGURES, TITLES, Judgement, Mean, advantage, mean
from cost_model.metrics import TOP

FORMAT = "cost-model-evaluation-1"


def to_document(judgement: Judgement, ours: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Returns what goes into the JSON file.

    Args:
        judgement: of the methods.
        ours: the method that others are compared with.
        facts: how the evaluation was made.
    """
    others = [name for name in judgement.qualities if name != ours]
    return {
        "format": FORMAT,
        **facts,
        "top": list(TOP),
        "ours": ours,
        "methods": {name: _means(judgement, name) for name in judgement.qualities},
        "advantage": {
            name: {f: _mean(advantage(judgement, ours, name, f)) for f in FIGURES}
            for name in others
        },
        "curves": {name: curve.tolist() for name, curve in judgement.curves.items()},
        "kernels": [_kernel(judgement, index) for index in range(len(judgement.kernels))],
    }


def to_text(document: dict[str, Any]) -> str:
    """The file's text."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _means(judgement: Judgement, name: str) -> dict[str, Any]:
    figures = {f: _mean(mean(judgement.values(name, f))) for f in FIGURES}
    return {"title": TITLES[name], **figures}


def _mean(value: Mean) -> dict[str, float] | None:
    return None if math.isnan(value.value) else dataclasses.asdict(value)


def _kernel(judgement: Judgement, index: int) -> dict[str, Any]:
    kernel = judgement.kernels[index]
    return {
        "name": kernel.name,
        "family": kernel.family,
        "tiles": kernel.configs,
        "best_ns": int(kernel.config_runtime.min()),
        "methods": {
            name: {f: _number(getattr(q[index], f)) for f in FIGURES}
            for name, q in judgement.qualities.items()
        },
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
