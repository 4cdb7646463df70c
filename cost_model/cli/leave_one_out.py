"""`cost-model leave-one-out`: how good the models are on data too small to split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cost_model.cli.evaluate import put_report
from cost_model.cli.train import GIN, configure, interruptible, quiet_tensorflow
from mlgo.errors import UserError

if TYPE_CHECKING:
    from cost_model.kernel import Kernel


@click.command("leave-one-out")
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--least",
    type=click.IntRange(2),
    default=10,
    show_default=True,
    help="Kernels with fewer tiles are learned from, but not judged.",
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    type=click.Choice(("ranker", "sage", "trees")),
    default=("ranker", "sage", "trees"),
    help="What to judge; may be repeated.  [default: all]",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=GIN / "tpu-sample.gin",
    help="Gin file with every hyperparameter.  [default: the shipped tpu-sample.gin]",
)
@click.option(
    "--set",
    "bindings",
    multiple=True,
    metavar="BINDING",
    help="Change one hyperparameter; may be repeated.",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/train/leave-one-out"),
    show_default=True,
    help="Folder of the models; a run that was stopped goes on from there.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("build/leave-one-out.html"),
    show_default=True,
    help="The report; a JSON file of the same figures is put beside it.",
)
def leave_one_out(
    data: Path,
    least: int,
    methods: tuple[str, ...],
    config: Path,
    bindings: tuple[str, ...],
    work: Path,
    output: Path,
) -> None:
    r"""Judge methods on the few kernels of DATA; none is ranked by a model that has seen it.

    DATA is a folder or zip file of .npz files, or TpuGraphs' raw TuningData (.pb), such as the
    sample in its repository, tpu_graphs/process_data/tensorflow_ops/testdata/op_tuning_data.pb.

    \b
    cost-model leave-one-out op_tuning_data.pb
    cost-model leave-one-out op_tuning_data.pb --method ranker --set "ranker/Training.seed = 1"
    """
    quiet_tensorflow(1)
    with interruptible():
        configure(config, bindings)
        _judge(_read(data), data, least, methods, work, output)


def _read(data: Path) -> list[Kernel]:
    from cost_model.dataset import read_kernels
    from cost_model.tuning_data import read_tuning_data

    return read_tuning_data(data) if data.suffix == ".pb" else read_kernels(data)


def _judge(
    kernels: list[Kernel],
    data: Path,
    least: int,
    methods: tuple[str, ...],
    work: Path,
    output: Path,
) -> None:
    from cost_model.evaluate.judge import judge
    from cost_model.evaluate.leave_one_out import leave_one_out
    from cost_model.learn.run import fingerprint
    from mlgo.train.progress import TerminalProgress

    judged = [kernel for kernel in kernels if kernel.configs >= least]
    if not judged or len(kernels) < 3:
        raise UserError(f"{data} has too few kernels of {least} tiles or more", "lower --least")
    progress = TerminalProgress()
    predictors = {name: leave_one_out(kernels, judged, name, work, progress) for name in methods}
    facts: dict[str, Any] = {
        "about": "each ranked by models that have not seen it",
        "command": ["cost-model", "leave-one-out", data.name, "--least", str(least)],
        "data_sha256": fingerprint(kernels),
        "model": "one per kernel",
    }
    put_report(judge(judged, predictors), methods[0], facts, output)
