"""Data too small to split: each kernel is ranked by a model that learned from all the others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from cost_model.kernel import Kernel
from cost_model.learn.batches import Array
from cost_model.learn.methods import Job, Predict, find_method
from mlgo.train.progress import Progress


def leave_one_out(
    kernels: Sequence[Kernel], judged: Sequence[Kernel], name: str, folder: Path, progress: Progress
) -> Predict:
    """Trains a model for each of `judged` on all kernels but it.

    Args:
        kernels: all of them.
        judged: those that will be ranked.
        name: of the method.
        folder: for the models; a finished one is not trained again.
        progress: told what happens.

    Returns:
        The scores of a judged kernel's tiles, by the model that has not seen it.
    """
    scores: dict[str, Array] = {}
    for kernel in judged:
        others = [other for other in kernels if other is not kernel]
        place = folder / _place(kernel, others) / name
        method = find_method(name)
        if (place / "done").exists():
            predict = method.load(place)
        else:
            place.mkdir(parents=True, exist_ok=True)
            predict = method.train(Job(others, (), place, progress))
            (place / "done").touch()
        scores[kernel.name] = predict(kernel)
    return lambda kernel: scores[kernel.name]


def _place(kernel: Kernel, others: Sequence[Kernel]) -> str:
    """A folder's name for a model without this kernel."""
    key = json.dumps([kernel.name, *(other.name for other in others)])
    return hashlib.sha256(key.encode()).hexdigest()[:16]
