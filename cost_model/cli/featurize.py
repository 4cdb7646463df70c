"""`cost-model featurize`: kernels to rank, from HLO."""

from __future__ import annotations

from pathlib import Path

import click

from mlgo.errors import UserError


@click.command()
@click.argument("module", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def featurize(module: Path, folder: Path) -> None:
    r"""Write a .npz per matrix product of MODULE, with all tiles that are legal for it.

    MODULE is HLO text or protobuf, such as XLA dumps with --xla_dump_to and
    --xla_dump_hlo_as_text or --xla_dump_hlo_as_proto; the optimized module
    (*cpu_after_optimizations*) is what the model has learned from. Prints the files; the tile of
    an index is in the file's metadata.

    \b
    cost-model featurize module_0000.jit_f.cpu_after_optimizations.txt kernels
    cost-model rank kernels/dot.1.npz --limit 5
    """
    from cost_model.dataset import write_kernel
    from cost_model.hlo.dots import dots
    from cost_model.hlo.sources import read_module
    from cost_model.tuning.ranking import kernel_of, legal_for_all

    found = dots(read_module(module))
    if not found:
        hint = "look into the optimized module of XLA:CPU (*cpu_after_optimizations*)"
        raise UserError(f"{module} has no product that the tiled emitter takes", hint)
    folder.mkdir(parents=True, exist_ok=True)
    for dot in found:
        try:
            kernel = kernel_of(dot, legal_for_all([dot]))
        except UserError as error:
            raise UserError(f"{module}: {error}", error.hint) from error
        write_kernel(kernel, folder / f"{dot.name}.npz")
        click.echo(folder / f"{dot.name}.npz")
