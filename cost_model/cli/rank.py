"""`cost-model rank`: which tile should be fastest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cost_model import models

if TYPE_CHECKING:
    from cost_model.kernel import Floats


@click.command()
@click.argument("kernel", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--model",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Weights of `cost-model train`.  [default: the shipped model]",
)
@click.option("--limit", type=click.IntRange(0), default=0, help="Print so many tiles at most.")
def rank(kernel: Path, model: Path | None, limit: int) -> None:
    r"""Print the tiles of KERNEL, a .npz file, fastest first.

    Tab-separated: the tile's index, its bounds, its estimated time over the first one's and, when
    it was measured, its measured time over the best one's. Needs no TensorFlow.

    \b
    cost-model rank kernel.npz --limit 5
    """
    import numpy as np

    from cost_model.dataset import read_kernel
    from cost_model.rank import predictor
    from cost_model.weights import load_weights

    found = read_kernel(kernel)
    scores = predictor(load_weights(model or models.weights_file()))(found)
    order = np.argsort(scores, kind="stable")
    click.echo("tile\tkernel_bounds\toutput_bounds\tinput_bounds\testimated\tmeasured")
    for index in order[: limit or None]:
        bounds = [_bounds(found.config_feat[index, at : at + 6]) for at in (0, 8, 16)]
        estimated = f"{np.exp(scores[index] - scores[order[0]]):.3f}"
        measured = "-"
        if found.measured:
            measured = f"{found.config_runtime[index] / found.config_runtime.min():.3f}"
        click.echo("\t".join((str(index), *bounds, estimated, measured)))


def _bounds(sizes: Floats) -> str:
    """The sizes that are not padding."""
    return "x".join(f"{size:.0f}" for size in sizes if size > 0) or "-"
