"""`mlgo train regalloc`: learn a policy of register allocation."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mlgo.cli.interrupt import interruptible
from mlgo.cli.training import output_option, settings_options
from mlgo.errors import UserError

_GIN = Path(__file__).parent.parent / "regalloc" / "gin"
_PASSES_GIN = Path(__file__).parent.parent / "passes" / "gin" / "passes.gin"


@click.command()
@output_option("build/train/regalloc")
@click.option(
    "--method",
    type=click.Choice(("expert", "evolution", "priority", "size")),
    default="expert",
    show_default=True,
    help="What to learn and how: evictions by expert iteration or by evolution strategies, the "
    "order of allocation by evolution strategies, for speed or for size.",
)
@settings_options("the method's shipped one", "RegallocTraining.rounds = 3")
def regalloc(
    output: Path, method: str, config: Path | None, bindings: tuple[str, ...], jobs: int
) -> None:
    """Train a policy of register allocation: which live ranges give way, or which go first.

    The programs of the training and validation sets must be in the corpus; with their profiles the
    costs are those of real work:

        mlgo corpus add --split train --split validation
        mlgo corpus profile zlib

    Prints the path of the best policy's weights. Build a plugin with it by `mlgo export` and
    `mlgo plugin build --model`.
    """
    with interruptible():
        click.echo(_train(output, method, config or _GIN / f"{method}.gin", bindings, jobs))


@click.command()
@output_option("build/train/passes")
@settings_options("the shipped one", "PassLearning.clip = 32")
def passes(output: Path, config: Path | None, bindings: tuple[str, ...], jobs: int) -> None:
    """Train a policy of the passes that code generation skips where code is to be small.

    Compiles every module once for each pass without it, fits a network to the bytes that this
    saves in each function, and goes another round around what that decides. The programs of the
    training and validation sets must be in the corpus:

        mlgo corpus add --debian zlib

    Prints the path of the best policy's weights. Build a plugin with it by `mlgo export` and
    `mlgo plugin build --model`.
    """
    with interruptible():
        click.echo(_train(output, "passes", config or _PASSES_GIN, bindings, jobs))


def _train(output: Path, method: str, config: Path, bindings: tuple[str, ...], jobs: int) -> Path:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # this network is too small for a GPU
    try:
        import gin

        from mlgo.passes.training import PassTraining
        from mlgo.regalloc.evolution import EvictionEvolution
        from mlgo.regalloc.learn import Preference
        from mlgo.regalloc.priority_evolution import PriorityEvolution
        from mlgo.regalloc.size_evolution import SizeEvolution
        from mlgo.regalloc.training import RegallocTraining, Training
        from mlgo.train.progress import TerminalProgress
    except ImportError as error:
        raise UserError(
            f"training needs {error.name}", hint="pip install 'mlgo-suite[train]'"
        ) from error
    from mlgo.plugin.build import plugin_path
    from mlgo.regalloc.allocate import Allocator
    from mlgo.toolchain import find_toolchain

    try:
        gin.parse_config_files_and_bindings([str(config)], list(bindings))
        training, preference = RegallocTraining(), Preference()
    except (ValueError, SyntaxError, OSError, TypeError) as error:
        raise UserError(f"{config}: {error}", hint="compare with the shipped one") from error
    output.mkdir(parents=True, exist_ok=True)
    (output / "config.gin").write_text(gin.config_str())
    allocator = Allocator(find_toolchain(22), plugin_path(22), training.level)
    methods = {
        "expert": Training,
        "evolution": EvictionEvolution,
        "priority": PriorityEvolution,
        "size": SizeEvolution,
        "passes": PassTraining,
    }
    return methods[method](training, preference, allocator, output, jobs, TerminalProgress()).run()
