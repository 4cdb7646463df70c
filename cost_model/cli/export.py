"""`cost-model export`: a model becomes a C library."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from cost_model.cli.train import quiet_tensorflow
from mlgo.errors import UserError
from mlgo.export.aot import TARGETS


@click.command()
@click.argument("weights", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="A shared library (.so), or an object file (.o) to link into a program.",
)
@click.option("--name", default="xla-cpu-gemm", show_default=True, help="The model's name.")
@click.option("--nodes", type=click.IntRange(1, 4096), default=64, show_default=True)
@click.option("--edges", type=click.IntRange(1, 8192), default=128, show_default=True)
@click.option("--tiles", type=click.IntRange(1, 128), default=16, show_default=True)
@click.option(
    "--target",
    type=click.Choice(sorted(TARGETS)),
    default="x86_64-linux-gnu",
    show_default=True,
    help="What machine it runs on; other than this one for object files only.",
)
def export(
    weights: Path, output: Path, name: str, nodes: int, edges: int, tiles: int, target: str
) -> None:
    r"""Compile WEIGHTS ahead of time with TensorFlow; the library needs no TensorFlow.

    It takes kernels of up to NODES nodes and EDGES edges, and evaluates TILES tiles at a time: at
    most 32, with at most 128 inputs and units of a layer, which TensorFlow compiles by itself.
    The interface is cost_model/native/cost_model.h.

    \b
    cost-model export build/train/cost-model/ranker/weights.ranker --output libcost_model.so
    c++ -std=c++17 -I cost_model/native tuner.cc model.o
    """
    if output.suffix not in (".o", ".so"):
        hint = "give a shared library (.so) or an object file (.o)"
        raise UserError(f"{output} is neither .o nor .so", hint)
    quiet_tensorflow(1)
    from cost_model.export.graph import Shape
    from cost_model.export.library import build_object, link_library
    from cost_model.weights import load_weights

    model, shape = load_weights(weights), Shape(nodes, edges, tiles)
    if output.suffix == ".o":
        build_object(model, name, output, shape, target)
    else:
        with tempfile.TemporaryDirectory(prefix="cost-model-export-") as scratch:
            object_file = Path(scratch) / "model.o"
            build_object(model, name, object_file, shape, target)
            link_library(object_file, output)
    click.echo(output)
