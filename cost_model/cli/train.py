"""`cost-model train`: learn to rank tiles from measurements."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import click

from mlgo.errors import UserError

#: Folder of the shipped configurations.
GIN = Path(__file__).parent.parent / "gin"
# Of cost_model.learn.methods, whose import takes seconds.
_METHODS = ("ranker", "sage", "trees", "trees-ours")


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/train/cost-model"),
    show_default=True,
    help="Work folder. A run that was stopped goes on from what is there.",
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    type=click.Choice(_METHODS),
    default=_METHODS,
    help="What to train; may be repeated.  [default: ours and all baselines]",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=GIN / "cpu.gin",
    help="Gin file with every hyperparameter.  [default: the shipped cpu.gin]",
)
@click.option(
    "--set",
    "bindings",
    multiple=True,
    metavar="BINDING",
    help="Change one hyperparameter; may be repeated.",
)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
def train(
    data: Path,
    output: Path,
    methods: tuple[str, ...],
    config: Path,
    bindings: tuple[str, ...],
    threads: int,
) -> None:
    r"""Train a cost model on DATA, a folder of .npz files or a zip file of them.

    DATA is what `cost-model collect` wrote, or TpuGraphs' tile collection. Same data, same
    configuration, same weights. Prints the training folder.

    \b
    cost-model train kernels.zip
    cost-model train kernels.zip --method ranker --set "SplitConfig.by = 'kernel'"
    cost-model train npz/tile/xla --config cost_model/gin/tpugraphs.gin
    cost-model evaluate kernels.zip          what came of it, against all baselines
    """
    quiet_tensorflow(threads)
    with interruptible():
        click.echo(_train(data, output, methods, config, bindings))


def _train(
    data: Path, output: Path, methods: tuple[str, ...], config: Path, bindings: tuple[str, ...]
) -> Path:
    from cost_model.learn.run import train_all
    from mlgo.train.progress import TerminalProgress

    configure(config, bindings)
    return train_all(data, output, methods, TerminalProgress()).folder


def configure(config: Path, bindings: tuple[str, ...]) -> None:
    """Reads a gin file and changes of it.

    Raises:
        UserError: one of them does not make sense.
    """
    import gin

    try:
        gin.parse_config_files_and_bindings([str(config)], list(bindings))
    except (ValueError, SyntaxError, OSError, TypeError) as error:
        hint = f"compare with the shipped {GIN / 'cpu.gin'}"
        raise UserError(f"{config}: {error}", hint=hint) from error


def quiet_tensorflow(threads: int) -> None:
    """Imports TensorFlow, on the CPU, with so many threads.

    Raises:
        UserError: it is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # these networks are too small for a GPU
    try:
        import gin  # noqa: F401
        import tensorflow as tf
    except ImportError as error:
        hint = "pip install 'mlgo-suite[train]'"
        raise UserError(f"this needs {error.name}", hint=hint) from error
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Says how to go on after Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt as error:
        hint = "run the same command again: it goes on where it was"
        raise UserError("interrupted", hint=hint, exit_code=130) from error
