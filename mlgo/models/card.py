"""Model cards: what a shipped policy was made from, and what it does."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from mlgo import models, paths
from mlgo.corpus.program import load_program
from mlgo.errors import UserError
from mlgo.evaluate.result import Evaluation, Sizes
from mlgo.process import head_commit

CARD = "card.json"


def make_card(
    policy: str,
    training: Path,
    splits: dict[str, tuple[str, ...]],
    evaluations: list[Evaluation],
    note: str = "",
) -> dict[str, Any]:
    """Returns the card of a policy whose weights and objects are in the models' folder.

    Args:
        policy: its name.
        training: the work folder of `mlgo train inlining`, for its configuration.
        splits: "train" and "validation" -> programs.
        evaluations: of the policy on programs that are in neither.
        note: what else a user should know.

    Raises:
        UserError: a held-out program is in a split, or a program is not in the corpus.
    """
    used = {name for names in splits.values() for name in names}
    for evaluation in evaluations:
        leaked = used & {program.name for program in evaluation.programs}
        if leaked:
            raise UserError(f"{min(leaked)} was used in training: it cannot be held out")
    folder = models.folder_for(policy)
    return {
        "name": policy,
        "problem": "inlining",
        "compiler": {"release": 22, "version": evaluations[0].subject.llvm_version},
        "commit": head_commit(Path(__file__).parent),
        "note": note,
        "files": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.iterdir())
            if path.name != CARD
        },
        "data": {split: [_package(name) for name in names] for split, names in splits.items()},
        "held_out": [row for evaluation in evaluations for row in _rows(evaluation)],
        "commands": [" ".join(evaluation.command) for evaluation in evaluations],
        "configuration": (training / "config.gin").read_text().splitlines(),
    }


def write_card(policy: str, card: dict[str, Any]) -> Path:
    """Writes the card beside the weights, and returns its path."""
    path = models.folder_for(policy) / CARD
    path.write_text(json.dumps(card, indent=1) + "\n")
    return path


def _package(name: str) -> dict[str, str]:
    origin = load_program(paths.corpus() / name).origin
    return {"package": origin.name, "version": origin.version, "sha256": origin.sha256}


def _rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    return [
        {
            "package": program.name,
            "version": program.version,
            "linked": _change(program.linked),
            "lto_linked": _change(program.lto_linked) if program.lto_links else None,
        }
        for program in evaluation.programs
    ]


def _change(text: Sizes) -> dict[str, Any] | None:
    if not text.stock or text.policy is None:
        return None
    change = round(text.policy / text.stock - 1, 6)
    return {"stock_bytes": text.stock, "policy_bytes": text.policy, "change": change}
