"""`mlgo train`: learn a policy."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlgo.cli.interrupt import interruptible
from mlgo.cli.train_regalloc import passes, regalloc
from mlgo.cli.training import output_option, settings_options
from mlgo.errors import UserError

if TYPE_CHECKING:
    from mlgo.rollout.executor import Executor

_GIN = Path(__file__).parent.parent / "inlining" / "gin"
_METHODS = ("clone", "evolution", "expert", "ppo", "search")


@click.group()
def train() -> None:
    """Train a policy of your own, overnight, on one machine."""


train.add_command(regalloc)
train.add_command(passes)


@train.command()
@output_option("build/train/inlining")
@click.option(
    "--method",
    type=click.Choice(_METHODS),
    default="expert",
    show_default=True,
    help="How to learn: behavioural cloning, evolution strategies, expert iteration, PPO, search.",
)
@settings_options("the method's shipped one", "ExpertIteration.rounds = 3")
@click.option(
    "--executor",
    type=click.Choice(("local", "ray")),
    default="local",
    show_default=True,
    help="Where modules are explored: here, or on Ray (method expert only).",
)
@click.option(
    "--address",
    metavar="ADDRESS",
    help="HOST:PORT of a Ray cluster's head, or auto.  [default: a cluster on this machine]",
)
def inlining(
    output: Path,
    method: str,
    config: Path | None,
    bindings: tuple[str, ...],
    jobs: int,
    executor: str,
    address: str | None,
) -> None:
    """Train an inlining-for-size policy: clone LLVM's default, then improve it by exploration.

    The programs of the training and validation sets must be in the corpus:

        mlgo corpus add --split train --split validation

    Prints the path of the best policy's weights. Look at the curves with
    `tensorboard --logdir OUTPUT`; build a plugin with the policy by `mlgo export` and
    `mlgo plugin build --model`.
    """
    config = config or _GIN / f"{method}.gin"
    if executor == "ray" and method != "expert":
        raise UserError(f"{method} does not run on Ray", hint="--method expert does")
    if executor == "local" and address:
        raise UserError("--address needs --executor ray")
    with interruptible(), _executor(executor, address, jobs) as running:
        click.echo(_train(output, method, config, bindings, jobs, running))


def _executor(
    name: str, address: str | None, jobs: int
) -> contextlib.AbstractContextManager[Executor]:
    if name == "ray":
        from mlgo.rollout.ray_executor import connect

        return connect(address, jobs)
    from mlgo.rollout.executor import LocalExecutor

    return contextlib.nullcontext(LocalExecutor(jobs))


def _train(
    output: Path,
    method: str,
    config: Path,
    bindings: tuple[str, ...],
    jobs: int,
    executor: Executor,
) -> Path:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # these networks are too small for a GPU
    warnings.simplefilter("ignore", SyntaxWarning)  # TensorFlow's translation of tf-agents' code
    try:
        import gin

        with contextlib.redirect_stderr(io.StringIO()):  # Gym greets each import with a notice
            from mlgo.train.methods import load

            configure = load(method)
        from mlgo.train.progress import TerminalProgress
        from mlgo.train.workspace import Workspace
    except ImportError as error:
        raise UserError(
            f"training needs {error.name}", hint="pip install 'mlgo-suite[train]'"
        ) from error
    from mlgo.plugin.build import plugin_path
    from mlgo.rollout.compiler import PluginCompiler
    from mlgo.toolchain import find_toolchain

    try:
        gin.parse_config_files_and_bindings([str(config)], list(bindings))
        prepare = configure()
    except (ValueError, SyntaxError, OSError, TypeError) as error:
        raise UserError(
            f"{config}: {error}", hint=f"compare with the shipped {method}.gin"
        ) from error
    output.mkdir(parents=True, exist_ok=True)
    (output / "config.gin").write_text(gin.config_str())
    compiler = PluginCompiler(find_toolchain(22), plugin_path(22))
    return prepare(Workspace(compiler, executor, output, jobs, TerminalProgress())).run()
