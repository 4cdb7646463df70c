"""`mlgo export`: a model becomes an object file for the plugin."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from mlgo.export.aot import TARGETS


@click.command()
@click.argument("weights", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Object file to write.",
)
@click.option("--name", default="inlining-size", show_default=True, help="The policy's name.")
@click.option(
    "--target",
    type=click.Choice(sorted(TARGETS)),
    default="x86_64-linux-gnu",
    show_default=True,
    help="What machine the compiler runs on that will load the plugin.",
)
@click.option(
    "--saved-model",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep TensorFlow's SavedModel in this folder.",
)
def export(weights: Path, output: Path, name: str, target: str, saved_model: Path | None) -> None:
    r"""Compile WEIGHTS ahead of time with TensorFlow; the object needs no TensorFlow.

    \b
    mlgo export best.mlgo --output best.o
    mlgo plugin build --model best.o --output build/my-plugin
    clang-22 -Oz -fpass-plugin=build/my-plugin/mlgo.so -c x.c
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    from mlgo.export.policy import export_policy

    with tempfile.TemporaryDirectory(prefix="mlgo-export-") as scratch:
        export_policy(weights, name, {target: output}, saved_model or Path(scratch))
    click.echo(output)
