"""What `calculateRegAllocScore` says of each function, from the plugin's score file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlgo.errors import UserError

# The parts of LLVM's score, see llvm/lib/CodeGen/RegAllocScore.cpp, and their weights there.
PARTS = ("copies", "loads", "stores", "load_stores", "cheap_remats", "expensive_remats")
LLVM_WEIGHTS = (0.2, 4.0, 1.0, 5.0, 0.2, 1.0)


@dataclass(frozen=True)
class Score:
    """The score of one function.

    Attributes:
        parts: float, in the order of `PARTS`: instructions of each kind, weighed by how often
            their blocks run for one run of the function.
        value: LLVM's score, the parts' weighted sum.
        entries: how often the function runs, by the profile; None without one.
    """

    parts: tuple[float, ...]
    value: float
    entries: int | None


def read_scores(folder: Path) -> Mapping[str, Score]:
    """Reads the score files of a program's modules.

    Args:
        folder: that MLGO_REGALLOC_SCORES named.

    Returns:
        function name -> score. A name that two modules have is left out.

    Raises:
        UserError: a file is malformed.
    """
    found: dict[str, Score] = {}
    twice = set()
    for path in sorted(folder.glob("*.jsonl")):
        try:
            rows = [json.loads(line) for line in path.read_text().splitlines()]
            scores = {row["function"]: _score(row) for row in rows}
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} is no file of scores: {error}") from error
        twice |= found.keys() & scores.keys()
        found |= scores
    return {name: score for name, score in found.items() if name not in twice}


def _score(row: Mapping[str, object]) -> Score:
    parts = tuple(float(str(row[part])) for part in PARTS)
    entries = row["entry_count"]
    return Score(parts, float(str(row["score"])), None if entries is None else int(str(entries)))
