"""Where a training runs: the compiler, the machines, the folder for all that it makes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mlgo.atomic import write_text
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.executor import Executor
from mlgo.train.progress import Progress


@dataclass(frozen=True)
class Workspace:
    """What every learning method works with.

    Attributes:
        compiler: LLVM 22 and its plugin.
        executor: of explorations.
        folder: for everything that the run makes; a run that was stopped goes on from it.
        jobs: compiles at a time that are no explorations.
        progress: where to tell.
    """

    compiler: PluginCompiler
    executor: Executor
    folder: Path
    jobs: int
    progress: Progress

    @property
    def spent(self) -> float:
        """CPU seconds of compiling the training programs so far, of this run and those before."""
        return float(json.loads(self._file.read_text())["seconds"]) if self._file.exists() else 0.0

    def spend(self, seconds: float) -> None:
        """Adds to `spent`."""
        write_text(self._file, json.dumps({"seconds": round(self.spent + seconds, 3)}) + "\n")

    @property
    def _file(self) -> Path:
        return self.folder / "spent.json"
