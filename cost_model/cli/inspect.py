"""`cost-model inspect`: what is in a data set."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
def inspect(data: Path) -> None:
    r"""Print one line per kernel of DATA: a .npz file, a folder of them, or a zip file of them.

    Tab-separated: name, family, nodes, tiles, best time in us, default / best, worst / best.

    \b
    cost-model inspect kernels.zip | sort -k6 -g | tail     where the default loses most
    """
    from cost_model.dataset import read_kernel, read_kernels

    kernels = [read_kernel(data)] if data.suffix == ".npz" else read_kernels(data)
    click.echo("kernel\tfamily\tnodes\ttiles\tbest_us\tdefault_over_best\tworst_over_best")
    for kernel in kernels:
        fields = [kernel.name, kernel.family or "-", str(len(kernel.node_feat))]
        fields.append(str(kernel.configs))
        if kernel.measured:
            best = kernel.config_runtime.min()
            default = kernel.default_index
            ratio = f"{kernel.config_runtime[default] / best:.3f}" if default >= 0 else "-"
            fields += [f"{best / 1e3:.2f}", ratio, f"{kernel.config_runtime.max() / best:.3f}"]
        else:
            fields += ["-", "-", "-"]
        click.echo("\t".join(fields))
