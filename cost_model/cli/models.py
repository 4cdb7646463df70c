"""`cost-model models`: the models that ship."""

from __future__ import annotations

from pathlib import Path

import click

from cost_model import models as shipped


@click.group()
def models() -> None:
    """The cost models that ship with the suite, and their cards."""


@models.command("list")
def list_() -> None:
    """Print the names of the models."""
    for name in shipped.names():
        click.echo(name)


@models.command()
@click.argument("model", default=shipped.DEFAULT)
def show(model: str) -> None:
    r"""Print a model's card: data, configuration, figures on kernels that it never saw.

    \b
    cost-model models show xla-cpu-gemm       which is the default
    """
    click.echo((shipped.folder(model) / "card.json").read_text(), nl=False)


@models.command()
@click.argument("training", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("evaluation", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--name", default=shipped.DEFAULT, show_default=True,
              help="A model of that name is replaced.")  # fmt: skip
@click.option("--note", default="", help="What else a user should know.")
def ship(training: Path, evaluation: Path, name: str, note: str) -> None:
    r"""Put the ranker of a TRAINING folder among the shipped models, for maintainers.

    EVALUATION is the JSON file of `cost-model evaluate` on the test kernels; its figures go into
    the card. The model is compiled for x86-64 and AArch64. Prints the model's folder.

    \b
    cost-model train cost_model/data/xla-cpu && cost-model evaluate cost_model/data/xla-cpu
    cost-model models ship build/train/cost-model build/cost-model.json --name mine
    """
    from cost_model.cli.train import quiet_tensorflow

    quiet_tensorflow(1)
    from cost_model.models.card import ship_model

    click.echo(ship_model(training, evaluation, name, note))
