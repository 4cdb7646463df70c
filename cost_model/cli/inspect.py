"""`cost-model inspect`: what is in a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cost_model.kernel import Kernel


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--families", is_flag=True, help="One line per model family instead.")
def inspect(data: Path, families: bool) -> None:
    r"""Print one line per kernel of DATA: a .npz file, a folder of them, or a zip file of them.

    Tab-separated: name, family, nodes, tiles, best time in us, default / best, worst / best.

    \b
    cost-model inspect kernels.zip | sort -k6 -g | tail     where the default loses most
    cost-model inspect --families kernels.zip               geometric means by family
    """
    from cost_model.dataset import read_kernel, read_kernels

    kernels = [read_kernel(data)] if data.suffix == ".npz" else read_kernels(data)
    if families:
        _print_families(kernels)
    else:
        _print_kernels(kernels)


def _print_families(kernels: list[Kernel]) -> None:
    from cost_model.summary import summarize

    ratios = "default_over_best\tworst_over_best\tlibrary_over_best"
    click.echo(f"family\tkernels\ttiles\tbest_us\t{ratios}\tnoise")
    for s in summarize(kernels):
        figures = f"{s.best_us:.1f}\t{s.default:.3f}\t{s.worst:.2f}\t{s.library:.3f}\t{s.noise:.4f}"
        click.echo(f"{s.family or '-'}\t{s.kernels}\t{s.tiles}\t{figures}")


def _print_kernels(kernels: list[Kernel]) -> None:
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
