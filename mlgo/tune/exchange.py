"""The files through which one compile hears decisions and tells what it did."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlgo.policy import Policy
from mlgo.rollout.explore import Sizes
from mlgo.tune.decisions import Listed, read_record, read_skips, write_decisions
from mlgo.tune.search import Outcome


@dataclass(frozen=True)
class Exchange:
    """Of one compile.

    Attributes:
        folder: where the files are.
    """

    folder: Path

    def policy(self, prior: Policy, module: str, decisions: Sequence[Listed]) -> Policy:
        """Returns the prior with decisions for a module ("": any), telling what it does."""
        listed = self.folder / "decisions.tsv"
        write_decisions(listed, {module: decisions})
        return dataclasses.replace(
            prior, decisions=listed, record=self._record, passes_log=self._passes
        )

    def outcome(self, sizes: Sizes) -> Outcome:
        """Returns what the compile did, given the size of each function."""
        source, taken = read_record(self._record)
        # Without a call to decide about there is no record, but code all the same.
        compiled, skips = read_skips(self._passes)
        return Outcome(taken, sizes, source or compiled, skips)

    @property
    def _record(self) -> Path:
        return self.folder / "record.tsv"

    @property
    def _passes(self) -> Path:
        return self.folder / "passes.jsonl"
