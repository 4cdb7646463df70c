"""`mlgo models`: the policies that ship."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
from pathlib import Path

import click

from mlgo import models as shipped
from mlgo.errors import UserError


@click.group()
def models() -> None:
    """The policies that ship with the suite, and their model cards."""


@models.command("list")
def list_() -> None:
    """Print the names of the policies."""
    for name in shipped.names():
        click.echo(name)


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
def ship(training: Path, evaluations: tuple[Path, ...], policy: str, note: str) -> None:
    """Put the best policy of a TRAINING folder among the shipped ones, with its card.

    For maintainers, twice: without EVALUATIONS the weights and objects are replaced; then build
    the plugin, run `mlgo evaluate inlining` on held-out programs, and give its JSON files, which
    go into the card.
    """
    if evaluations:
        click.echo(_write_card(training, evaluations, policy, note))
        return
    folder = shipped.folder_for(policy)
    folder.mkdir(exist_ok=True)
    weights = folder / "weights.mlgo"
    shutil.copyfile(training / "best.mlgo", weights)
    _compile_all(weights, policy)
    click.echo(folder)


def _compile_all(weights: Path, policy: str) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    from mlgo.export.aot import TARGETS
    from mlgo.export.policy import export_policy

    outputs = {t: weights.with_name(f"model-{t.split('-')[0]}.o") for t in TARGETS}
    with tempfile.TemporaryDirectory(prefix="mlgo-export-") as scratch:
        export_policy(weights, policy, outputs, Path(scratch))


def _write_card(training: Path, evaluations: tuple[Path, ...], policy: str, note: str) -> Path:
    import gin

    from mlgo.evaluate.document import read_evaluation
    from mlgo.models.card import make_card, write_card

    with contextlib.redirect_stderr(io.StringIO()):  # Gym greets each import with a notice
        from mlgo.train.methods import load
        from mlgo.train.objective import Problem

        load("expert")  # gin must know all settings that the file names

    try:
        gin.parse_config_file(str(training / "config.gin"))
    except OSError as error:
        raise UserError(f"{training} is no training folder: {error}") from error
    problem = Problem()
    splits = {"train": problem.train, "validation": problem.validation}
    found = [read_evaluation(path) for path in evaluations]
    return write_card(policy, make_card(policy, training, splits, found, note))
