"""Where a training stands, on the disk: to go on from, and the best epoch of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from mlgo.errors import UserError


class Checkpoints:
    """The newest state of a training, and the best weights.

    Attributes:
        epoch: int64, how many are done.
        best: float32, the best score so far.
    """

    def __init__(self, variables: Any, optimizer: Any, folder: Path) -> None:
        """Restores the newest state in `folder`, if there is one.

        Raises:
            UserError: it cannot be read.
        """
        self.epoch = tf.Variable(0, dtype=tf.int64)
        self.best = tf.Variable(-np.inf, dtype=tf.float32)
        self._folder = folder
        parts = {f"v{i}": v for i, v in enumerate(variables)}
        state = tf.train.Checkpoint(optimizer=optimizer, epoch=self.epoch, best=self.best, **parts)
        self._newest = tf.train.CheckpointManager(state, str(folder / "checkpoints"), max_to_keep=1)
        self._best = tf.train.Checkpoint(**parts)
        with self._errors("read"):
            state.restore(self._newest.latest_checkpoint)

    def save(self) -> None:
        """Keeps the state as it is now.

        Raises:
            UserError: it cannot be written, for instance because the disk is full.
        """
        with self._errors("written"):
            self._newest.save()

    def keep(self, score: float) -> None:
        """Keeps the weights as they are now, as the best ones."""
        self.best.assign(score)
        with self._errors("written"):
            self._best.write(str(self._folder / "best"))

    def take_best(self) -> None:
        """Puts the best weights back."""
        with self._errors("read"):
            self._best.read(str(self._folder / "best")).expect_partial()

    @contextlib.contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except (tf.errors.OpError, ValueError) as error:
            problem = str(error).rpartition("}} ")[2]
            hint = "is the disk full? if not, remove that folder, and train again"
            message = f"a checkpoint in {self._folder} cannot be {done}: {problem}"
            raise UserError(message, hint) from error
