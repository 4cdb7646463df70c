"""Gradient-boosted trees on features in a row, by ydf."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gin
import numpy as np

from cost_model.features.vector import feature_values
from cost_model.kernel import OPCODES, Floats, Kernel
from mlgo.errors import UserError


@gin.configurable
@dataclass(frozen=True)
class TreesConfig:
    """Hyperparameters.

    Attributes:
        trees: at most; fewer when validation kernels get no better.
        depth: of a tree.
        shrinkage: of each tree's weight.
        examples: least number in a leaf.
        tiles: of a kernel to learn from, drawn at random; 0 for all. All of the published set
            would be a table of 20 GB.
        seed: of the learner.
        threads: that learn; the result does not depend on it.
    """

    trees: int = 300
    depth: int = 6
    shrinkage: float = 0.1
    examples: int = 10
    tiles: int = 0
    seed: int = 0
    threads: int = 1


def flat_features(kernel: Kernel) -> Floats:
    """float32 (c, 420): what the published format has, nodes summed up, opcodes counted."""
    summed = kernel.node_feat.sum(axis=0)
    counted = np.bincount(kernel.node_opcode, minlength=OPCODES)
    shared = np.concatenate([np.arcsinh(summed), counted]).astype(np.float32)
    repeated = np.broadcast_to(shared, (kernel.configs, len(shared)))
    return np.concatenate([repeated, np.arcsinh(kernel.config_feat)], axis=1)


#: What the trees see -> how it is computed.
FEATURES: dict[str, Callable[[Kernel], Floats]] = {
    "flat": flat_features,
    "ours": feature_values,
}


@dataclass(frozen=True, eq=False)
class Trees:
    """A trained model.

    Attributes:
        model: ydf's.
        features: one of FEATURES.
    """

    model: Any
    features: str

    def predict(self, kernel: Kernel) -> Floats:
        """float32 (c,), lower is faster."""
        columns = _columns(FEATURES[self.features](kernel))
        return np.asarray(self.model.predict(columns), np.float32)

    def save(self, folder: Path) -> None:
        """Writes ydf's own format.

        Raises:
            OSError: the folder is not writable, or the disk is full.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="cost-model-trees-") as scratch:
            self.model.save(scratch)  # aborts the process when a disk is full
            for file in sorted(Path(scratch).iterdir()):
                shutil.copyfile(file, folder / file.name)


def fit(
    config: TreesConfig, kernels: Sequence[Kernel], validation: Sequence[Kernel], features: str
) -> Trees:
    """Trains on logarithms of times, each kernel's mean taken off.

    Raises:
        UserError: ydf is not installed.
        KeyboardInterrupt: Ctrl-C.
    """
    ydf = _import()
    ydf.verbose(0)
    data = _dataset(config, kernels, features)
    varying = [name for name, column in data.items() if column.min() < column.max()]
    learner = ydf.GradientBoostedTreesLearner(
        label="label",
        features=[name for name in varying if name != "label"],
        task=ydf.Task.REGRESSION,
        num_trees=config.trees,
        max_depth=config.depth,
        shrinkage=config.shrinkage,
        min_examples=config.examples,
        subsample=0.8,
        num_candidate_attributes_ratio=0.5,
        random_seed=config.seed,
        num_threads=config.threads,
    )
    valid = _dataset(config, validation, features) if validation else None
    try:
        return Trees(learner.train(data, valid=valid), features)
    except ValueError as error:
        if "interrupted by user" in str(error):  # ydf catches Ctrl-C by itself
            raise KeyboardInterrupt from error
        raise


def load(folder: Path, features: str) -> Trees:
    """Reads a model that `Trees.save` wrote.

    Raises:
        UserError: ydf is not installed, or the folder holds no model.
    """
    ydf = _import()
    try:
        return Trees(ydf.load_model(str(folder)), features)
    except (ValueError, RuntimeError) as error:
        hint = "train again: cost-model train DATA --method trees --output FOLDER"
        raise UserError(f"{folder} holds no trees: {error}", hint) from error


def _import() -> Any:
    try:
        import ydf
    except ImportError as error:
        raise UserError("boosted trees need ydf", hint="pip install 'mlgo-suite[train]'") from error
    return ydf


def _dataset(config: TreesConfig, kernels: Sequence[Kernel], features: str) -> dict[str, Any]:
    rng = np.random.default_rng(config.seed)
    tables, labels = [], []
    for kernel in kernels:
        rows = np.arange(kernel.configs)
        if config.tiles:
            rows = rng.permutation(rows)[: config.tiles]
        logs = np.log(kernel.labels)
        tables.append(FEATURES[features](kernel)[rows])
        labels.append((logs - logs.mean())[rows].astype(np.float32))
    return {**_columns(np.concatenate(tables)), "label": np.concatenate(labels)}


def _columns(table: Floats) -> dict[str, Any]:
    return {f"f{index}": np.ascontiguousarray(column) for index, column in enumerate(table.T)}
