"""One training run: data, split, methods, and a folder that says how it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gin
import numpy as np

from cost_model.dataset import read_kernels
from cost_model.kernel import Kernel
from cost_model.learn.batches import Array
from cost_model.learn.methods import METHODS, Job, Predict, find_method
from cost_model.splits import Split, SplitConfig, load_split, make_split
from mlgo.atomic import write_text
from mlgo.errors import UserError
from mlgo.train.progress import Progress

_SPLIT, _RUN, _CONFIG = "split.json", "run.json", "config.gin"


@dataclass(frozen=True)
class Run:
    """A training folder.

    Attributes:
        folder: where it is.
        split: of the kernels' names.
        data_sha256: of the data it was trained on.
    """

    folder: Path
    split: Split
    data_sha256: str

    def methods(self) -> dict[str, Predict]:
        """The trained methods, by name."""
        names = [name for name in METHODS if (self.folder / name / "done").exists()]
        return {name: METHODS[name].load(self.folder / name) for name in names}

    def model_name(self, method: str) -> str:
        """What identifies a trained method."""
        weights = self.folder / method / "weights.ranker"
        if not weights.exists():
            return method
        return f"{method}, sha256 {hashlib.sha256(weights.read_bytes()).hexdigest()}"


def load_run(folder: Path) -> Run:
    """Reads a training folder.

    Raises:
        UserError: it is none.
    """
    try:
        value = json.loads((folder / _RUN).read_text())
        return Run(folder, load_split(folder / _SPLIT), str(value["data_sha256"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "train first: cost-model train DATA --output FOLDER"
        raise UserError(f"{folder} is no training folder: {error}", hint) from error


def train_all(data: Path, output: Path, names: Sequence[str], progress: Progress) -> Run:
    """Trains methods on a data set; what is done already is kept.

    Args:
        data: a folder or zip file of kernels.
        output: the training folder.
        names: of `METHODS`.
        progress: told what happens.

    Raises:
        UserError: bad data, a kernel without runtimes, or a folder of other data.
    """
    kernels = read_kernels(data)
    split = make_split(SplitConfig(), kernels)
    run = Run(output, split, fingerprint(kernels))
    parts = {part: split.part(part, kernels) for part in ("train", "validation", "test")}
    bare = [k.name for k in (*parts["train"], *parts["validation"]) if not k.measured]
    if bare:
        raise UserError(f"{bare[0]} has no runtimes to learn from", "leave it out of DATA")
    _begin(run)
    progress.note(", ".join(f"{len(v)} {k}" for k, v in parts.items()) + " kernels")
    for name in names:
        method, folder = find_method(name), output / name
        if (folder / "done").exists():
            progress.note(f"{name}: done already")
            continue
        folder.mkdir(parents=True, exist_ok=True)
        method.train(Job(parts["train"], parts["validation"], folder, progress))
        (folder / "done").touch()
        progress.note(f"{name}: done")
    return run


def _begin(run: Run) -> None:
    run.folder.mkdir(parents=True, exist_ok=True)
    config = gin.config_str()
    if (run.folder / _RUN).exists():
        same = load_run(run.folder) == run
        if not same or (run.folder / _CONFIG).read_text() != config:
            hint = "give another --output, or remove the folder"
            raise UserError(f"{run.folder} is a run on other data or with another config", hint)
    run.split.save(run.folder / _SPLIT)
    write_text(run.folder / _CONFIG, config)
    write_text(run.folder / _RUN, json.dumps({"data_sha256": run.data_sha256}) + "\n")


def fingerprint(kernels: Sequence[Kernel]) -> str:
    """SHA-256 of the kernels' names, graphs, tiles and runtimes."""
    digest = hashlib.sha256()
    for kernel in kernels:
        digest.update(kernel.name.encode())
        arrays: tuple[Array, ...] = (kernel.node_feat, kernel.config_feat, kernel.config_runtime)
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
