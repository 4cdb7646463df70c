"""`telamalloc train`: train the search's decisions anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from telamalloc.cli import output
from telamalloc.cli.options import OutputFile, dataclass_options
from telamalloc.learning.train import TrainParams
from telamalloc.learning.train import train as learn


@click.command()
@click.option(
    "-o", "--output", "path", type=OutputFile(), required=True,
    help="The model as C++, to be compiled into the core: telamalloc/native/models.cc.",
)  # fmt: skip
@dataclass_options(TrainParams)
def train(path: Path, **options: Any) -> int:
    """Train the models on generated instances only.

    One orders the search's choices (models.cc), one says which dead ends to leave
    (backtrack_model.cc, beside it).

    Install the package again afterwards: the models are compiled into the core.

    \b
    Examples:
      telamalloc train -o telamalloc/native/models.cc && pip install -e .
      telamalloc train -o /tmp/models.cc --instances 50 --rounds 0 --trees 5   # a quick look
      telamalloc train -o telamalloc/native/models.cc --only-backtracks --instances 400
    """  # noqa: D301
    learn(TrainParams(**options), path, output.say)
    output.say(f"{path.parent}: written; install again to compile it in")
    return output.SOLVED
