"""The methods that `cost-model train` knows, by name: how each is trained, kept and loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gin

from cost_model.baselines import trees
from cost_model.kernel import Floats, Kernel
from cost_model.weights import load_weights
from mlgo.errors import UserError
from mlgo.train.progress import Progress

Predict = Callable[[Kernel], Floats]


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes:
        kernels: to learn from.
        validation: to watch, and to choose by.
        folder: where the method keeps its files.
        progress: told what happens.
    """

    kernels: Sequence[Kernel]
    validation: Sequence[Kernel]
    folder: Path
    progress: Progress


@dataclass(frozen=True)
class Method:
    """A way to learn.

    Attributes:
        title: in reports.
        train: trains and keeps the model; returns it.
        load: loads what `train` kept.
    """

    title: str
    train: Callable[[Job], Predict]
    load: Callable[[Path], Predict]


def _train_ranker(job: Job) -> Predict:
    from cost_model.learn.ranker import Ranker, RankerConfig
    from cost_model.learn.trainer import Training, train

    with gin.config_scope("ranker"):
        training = Training()
    model = Ranker(RankerConfig(), job.kernels, training.seed)
    train(model, training, job.kernels, job.validation, job.folder, job.progress)
    model.export().save(job.folder / "weights.ranker")
    return model.predict


def _load_ranker(folder: Path) -> Predict:
    from cost_model.rank import predictor

    return predictor(load_weights(folder / "weights.ranker"))


def _train_sage(job: Job) -> Predict:
    from cost_model.learn.trainer import Training, train

    with gin.config_scope("sage"):
        training = Training()
    model = _sage(job.kernels, training.seed)
    train(model, training, job.kernels, job.validation, job.folder, job.progress)
    model.save(job.folder / "weights.npz")
    predict: Predict = model.predict
    return predict


def _sage(kernels: Sequence[Kernel], seed: int) -> Any:
    from cost_model.learn.sage import MinMax, Sage, SageConfig

    nodes = MinMax.fit([kernel.node_feat for kernel in kernels])
    configs = MinMax.fit([kernel.config_feat for kernel in kernels])
    return Sage(SageConfig(), nodes, configs, seed)


def _load_sage(folder: Path) -> Predict:
    from cost_model.learn.sage import load_sage

    predict: Predict = load_sage(folder / "weights.npz").predict
    return predict


def _train_trees(features: str) -> Callable[[Job], Predict]:
    def run(job: Job) -> Predict:
        model = trees.fit(trees.TreesConfig(), job.kernels, job.validation, features)
        model.save(job.folder / "model")
        return model.predict

    return run


def _load_trees(features: str) -> Callable[[Path], Predict]:
    return lambda folder: trees.load(folder / "model", features).predict


METHODS = {
    "ranker": Method("our ranker", _train_ranker, _load_ranker),
    "sage": Method("EarlyJoinSAGE", _train_sage, _load_sage),
    "trees": Method("boosted trees, flat features", _train_trees("flat"), _load_trees("flat")),
    "trees-ours": Method("boosted trees, our features", _train_trees("ours"), _load_trees("ours")),
}


def find_method(name: str) -> Method:
    """Returns a method.

    Raises:
        UserError: there is none of that name.
    """
    if name not in METHODS:
        raise UserError(f"no method named {name!r}", hint=f"there are: {', '.join(METHODS)}")
    return METHODS[name]
