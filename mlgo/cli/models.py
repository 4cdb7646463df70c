"""`mlgo models`: the policies that ship."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlgo import models as shipped
from mlgo.errors import UserError

if TYPE_CHECKING:
    from mlgo.evaluate.regalloc_result import RegallocEvaluation
    from mlgo.evaluate.result import Evaluation


def warn(policy: str) -> None:
    """Says on stderr what is to know before building with a policy, if anything."""
    caution = shipped.caution(policy)
    if caution:
        click.echo(f"warning: {caution}", err=True)


@click.group()
def models() -> None:
    """The policies that ship with the suite, and their model cards."""


@models.command("list")
def list_() -> None:
    """Print the names of the policies; say what to know before building with them."""
    for name in shipped.names():
        click.echo(name)
        warn(name)


@models.command()
@click.argument("policy", default="inlining-size")
def show(policy: str) -> None:
    """Print POLICY's model card: data, configuration, figures for programs it never saw."""
    click.echo((shipped.folder(policy) / "card.json").read_text(), nl=False)


@models.command()
@click.argument("training", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("evaluations", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--policy", default="inlining-size", show_default=True, help="Its name.")
@click.option("--note", default="", help="What else a user should know.")
@click.option("--caution", default="", help="What commands warn of before they build with it.")
def ship(
    training: Path, evaluations: tuple[Path, ...], policy: str, note: str, caution: str
) -> None:
    """Put the best policy of a TRAINING folder among the shipped ones, with its card.

    For maintainers, twice: without EVALUATIONS the weights and objects are replaced, and the card
    has no figures; then build the plugin, run `mlgo evaluate` on held-out programs, and give its
    JSON files, which go into the card. An order of allocation or a choice of passes is added to
    the policy; its figures then come by `mlgo models figures`.
    """
    if evaluations:
        click.echo(_write_card(training, evaluations, policy, note, caution))
        return
    folder = shipped.folder_for(policy)
    folder.mkdir(exist_ok=True)
    best = training / "best.mlgo"
    if helper := _helper(best):
        weights = folder / f"{helper}.mlgo"
        shutil.copyfile(best, weights)
        _compile_all(weights, policy, helper)
        _add_helper(training, policy, helper)
    else:
        weights = folder / "weights.mlgo"
        shutil.copyfile(best, weights)
        _compile_all(weights, policy, "model")
        _write_card(training, (), policy, note, caution)
    click.echo(folder)


@models.command()
@click.argument(
    "evaluations", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True)
)
@click.option("--policy", default="inlining-size", show_default=True, help="Its name.")
def figures(evaluations: tuple[Path, ...], policy: str) -> None:
    """Put the figures of EVALUATIONS into the card of a shipped policy, instead of those there.

    For maintainers, when the plugin has changed and the weights have not: EVALUATIONS are JSON
    files of `mlgo evaluate` on held-out programs.
    """
    from mlgo.models.card import with_figures, write_card

    card = json.loads((shipped.folder(policy) / "card.json").read_text())
    found = _read(evaluations, card["problem"])
    click.echo(write_card(policy, with_figures(card, found)))


def _compile_all(weights: Path, policy: str, name: str) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    from mlgo.export.aot import TARGETS
    from mlgo.export.policy import export_policy

    outputs = {t: weights.with_name(f"{name}-{t.split('-')[0]}.o") for t in TARGETS}
    with tempfile.TemporaryDirectory(prefix="mlgo-export-") as scratch:
        export_policy(weights, policy, outputs, Path(scratch))


def _write_card(
    training: Path, evaluations: tuple[Path, ...], policy: str, note: str, caution: str
) -> Path:
    from mlgo.models.card import make_card, write_card
    from mlgo.regalloc.weights import FORMAT
    from mlgo.weights_file import format_of

    evicts = format_of(shipped.folder_for(policy) / "weights.mlgo") == FORMAT
    problem = "regalloc" if evicts else "inlining"
    found = _read(evaluations, problem)
    splits = _splits(training, problem)
    return write_card(policy, make_card(policy, training, splits, found, note, problem, caution))


def _helper(weights: Path) -> str:
    """Returns which of `mlgo.models.HELPERS` weights are; "" for a model."""
    from mlgo.passes import weights as passes
    from mlgo.regalloc import priority
    from mlgo.weights_file import format_of

    return {priority.FORMAT: "priority", passes.FORMAT: "passes"}.get(format_of(weights), "")


def _add_helper(training: Path, policy: str, helper: str) -> None:
    from mlgo.models.card import with_helper, write_card

    card = json.loads((shipped.folder(policy) / "card.json").read_text())
    write_card(policy, with_helper(card, helper, training, _splits(training, "regalloc")))


def _read(
    evaluations: tuple[Path, ...], problem: str
) -> list[Evaluation] | list[RegallocEvaluation]:
    from mlgo.evaluate import document, regalloc_document

    if problem == "regalloc":
        return [regalloc_document.read_evaluation(path) for path in evaluations]
    return [document.read_evaluation(path) for path in evaluations]


def _splits(training: Path, problem: str) -> dict[str, tuple[str, ...]]:
    import gin

    with contextlib.redirect_stderr(io.StringIO()):  # Gym greets each import with a notice
        if problem == "regalloc":
            for module in ("mlgo.regalloc.evolution", "mlgo.passes.learn"):
                importlib.import_module(module)  # gin must know its settings
            from mlgo.regalloc.training import RegallocTraining as Settings
        else:
            from mlgo.train.methods import load
            from mlgo.train.objective import Problem as Settings  # type: ignore[assignment]

            for method in ("expert", "search"):
                load(method)
    try:
        gin.parse_config_file(str(training / "config.gin"))
    except (OSError, ValueError) as error:
        raise UserError(f"{training} is no training folder: {error}") from error
    settings = Settings()
    return {"train": settings.train, "validation": settings.validation}
