"""Model cards: what a shipped policy was made from, and what it does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlgo import models, paths
from mlgo.corpus.program import load_program
from mlgo.errors import UserError
from mlgo.evaluate.regalloc_result import RegallocEvaluation
from mlgo.evaluate.result import Evaluation, Sizes
from mlgo.plugin.build import plugin_path
from mlgo.process import head_commit
from mlgo.toolchain import find_toolchain

CARD = "card.json"


def make_card(
    policy: str,
    training: Path,
    splits: dict[str, tuple[str, ...]],
    evaluations: Sequence[Evaluation | RegallocEvaluation],
    note: str = "",
    problem: str = "inlining",
    caution: str = "",
) -> dict[str, Any]:
    """Returns the card of a policy whose weights and objects are in the models' folder.

    Args:
        policy: its name.
        training: the work folder of `mlgo train`, for its configuration.
        splits: "train" and "validation" -> programs.
        evaluations: of the policy on programs that are in neither.
        note: what else a user should know.
        problem: "inlining" or "regalloc".
        caution: what commands warn of before they build with it.

    Raises:
        UserError: a held-out program is in a split, a program is not in the corpus, or an
            evaluation was of other weights.
    """
    used = {name for names in splits.values() for name in names}
    figures = _figures(policy, used, evaluations)
    before = models.folder_for(policy) / CARD
    old = json.loads(before.read_text()) if before.exists() else {}
    return {
        "name": policy,
        "problem": problem,
        "compiler": {"release": 22, "version": find_toolchain(22).version},
        "commit": head_commit(Path(__file__).parent),
        "note": note,
        "caution": caution,
        "files": _files(policy),
        "data": _data(splits),
        **figures,
        "configuration": _configuration(training),
        **{helper: old[helper] for helper in models.HELPERS if helper in old},
    }


def with_helper(
    card: dict[str, Any], helper: str, training: Path, splits: dict[str, tuple[str, ...]]
) -> dict[str, Any]:
    """Returns a card that tells of a helper too; without figures, for they change.

    Args:
        card: of a policy, to whose folder the helper's files were added.
        helper: one of `mlgo.models.HELPERS`.
        training: the work folder of its training.
        splits: "train" and "validation" -> programs.

    Raises:
        UserError: a program is not in the corpus.
    """
    told = {
        "commit": head_commit(Path(__file__).parent),
        "data": _data(splits),
        "configuration": _configuration(training),
    }
    unmeasured: dict[str, Any] = {"held_out": [], "commands": []}
    return {**card, "files": _files(card["name"]), **unmeasured, helper: told}


def _configuration(training: Path) -> list[str]:
    return (training / "config.gin").read_text().splitlines()


def _files(policy: str) -> dict[str, str]:
    """Name -> SHA-256 of all that ships with a policy."""
    files = sorted(models.folder_for(policy).iterdir())
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.name != CARD}


def _data(splits: dict[str, tuple[str, ...]]) -> dict[str, list[dict[str, str]]]:
    return {split: [_package(name) for name in names] for split, names in splits.items()}


def with_figures(
    card: dict[str, Any], evaluations: Sequence[Evaluation | RegallocEvaluation]
) -> dict[str, Any]:
    """Returns a card with the figures of other evaluations of the same weights.

    Raises:
        UserError: a program is in the card's data, or an evaluation was of other weights.
    """
    parts = [card["data"], *(card[name]["data"] for name in models.HELPERS if name in card)]
    used = {item["package"] for data in parts for items in data.values() for item in items}
    return {**card, **_figures(card["name"], used, evaluations)}


def _figures(
    policy: str, used: set[str], evaluations: Sequence[Evaluation | RegallocEvaluation]
) -> dict[str, Any]:
    for evaluation in evaluations:
        leaked = used & {program.name for program in evaluation.programs}
        if leaked:
            raise UserError(f"{min(leaked)} was used in training: it cannot be held out")
        _check_subject(evaluation, policy)
    return {
        "held_out": [row for evaluation in evaluations for row in _rows(evaluation)],
        "commands": [" ".join(evaluation.command) for evaluation in evaluations],
    }


def _check_subject(evaluation: Evaluation | RegallocEvaluation, policy: str) -> None:
    """The plugin that was evaluated must be the built one, and the shipped weights inside."""
    expected = hashlib.sha256(models.weights_file(policy).read_bytes()).hexdigest()
    subject = evaluation.subject
    if subject.weights_sha256 == expected:
        return
    plugin = plugin_path(policy=policy).read_bytes()
    same = subject.policy == "learned" and not subject.weights_sha256
    same &= subject.plugin_sha256 == hashlib.sha256(plugin).hexdigest()
    if not (same and expected.encode() in plugin):
        raise UserError(
            f"the evaluation is not of the shipped weights of {policy}",
            hint=f"mlgo plugin build --policy {policy}, then mlgo evaluate again",
        )


def write_card(policy: str, card: dict[str, Any]) -> Path:
    """Writes the card beside the weights, and returns its path."""
    path = models.folder_for(policy) / CARD
    path.write_text(json.dumps(card, indent=1) + "\n")
    return path


def _package(name: str) -> dict[str, str]:
    origin = load_program(paths.corpus() / name).origin
    return {"package": origin.name, "version": origin.version, "sha256": origin.sha256}


def _rows(evaluation: Evaluation | RegallocEvaluation) -> list[dict[str, Any]]:
    if isinstance(evaluation, RegallocEvaluation):
        return [_work(evaluation, index) for index in range(len(evaluation.programs))]
    return [
        {
            "package": program.name,
            "version": program.version,
            "linked": _change(program.linked),
            "lto_linked": _change(program.lto_linked) if program.lto_links else None,
        }
        for program in evaluation.programs
    ]


def _work(evaluation: RegallocEvaluation, index: int) -> dict[str, Any]:
    program = evaluation.programs[index]
    return {
        "package": program.name,
        "version": program.version,
        "level": evaluation.settings.level,
        "pgo": evaluation.settings.pgo,
        "error": program.error,
        "weighted_cost": round(program.change("policy"), 6),
        "instructions": round(program.change("policy", "instructions"), 6),
        "workloads": [
            {
                "name": workload.name,
                "weighted_cost": round(workload.change("policy"), 6),
                "instructions": round(workload.change("policy", "instructions"), 6),
            }
            for workload in program.workloads
        ],
    }


def _change(text: Sizes) -> dict[str, Any] | None:
    if not text.stock or text.policy is None:
        return None
    change = round(text.policy / text.stock - 1, 6)
    return {"stock_bytes": text.stock, "policy_bytes": text.policy, "change": change}
