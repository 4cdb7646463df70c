"""`cost-model collect`: measure XLA:CPU's tiles on this machine."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlgo.errors import UserError

if TYPE_CHECKING:
    from cost_model.measure.collect import Plan
    from cost_model.measure.spec import KernelSpec


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--kernels", "count", type=click.IntRange(1), help="How many; all by default.")
@click.option("--family", "families", multiple=True, help="Only of this family; may be repeated.")
@click.option("--tiles", type=click.IntRange(2), default=34, show_default=True, help="Per kernel.")
@click.option("--rounds", type=click.IntRange(4), default=16, show_default=True,
              help="Each times every tile once; the minimum counts.")  # fmt: skip
@click.option("--core", type=click.IntRange(0), help="Where the clock runs; the last by default.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True,
              help="Processes that compile; one of them times at a time.")  # fmt: skip
@click.option("--limit", type=click.FloatRange(min=1), default=60.0, show_default=True,
              help="Seconds after which a tile that still compiles is given up.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Of the tiles that are drawn.")
@click.option(
    "--again",
    type=click.FloatRange(min=0),
    help="Measure kernels again whose median relative noise is above this, e.g. 0.015.",
)
@click.option("--list", "only_list", is_flag=True, help="Print the kernels and measure nothing.")
def collect(
    folder: Path,
    count: int | None,
    families: tuple[str, ...],
    tiles: int,
    rounds: int,
    core: int | None,
    workers: int,
    limit: float,
    seed: int,
    again: float | None,
    only_list: bool,
) -> None:
    r"""Measure XLA:CPU's tiled GEMM emitter on matrix products of real models.

    Writes FOLDER/log.jsonl, a line per kernel as soon as it is measured (run it again to go on
    after an interruption), and at last a .npz per kernel in TpuGraphs' format, for
    `cost-model train`. Needs `make setup-xla`. As root, the clock runs with real-time priority,
    so that other work on the machine does not disturb it.

    \b
    cost-model collect measured --kernels 720
    cost-model collect mine --family bert --tiles 60
    cost-model collect measured --again 0.015 --rounds 40
    cost-model collect . --list
    """
    from cost_model.measure.collect import Plan
    from cost_model.measure.models import kernels

    specs = [s for s in kernels() if not families or s.family in families][:count]
    if not specs:
        raise UserError("there are no kernels of that family", "see: cost-model collect . --list")
    if only_list:
        for spec in specs:
            product = f"{spec.m}x{spec.k}x{spec.n}"
            click.echo(f"{spec.name}\t{spec.family}\t{product}\t{spec.batch or 1}\t{spec.dtype}")
        return
    plan = Plan(tiles, rounds, core=-1 if core is None else core, workers=workers, limit_s=limit,
                seed=seed)  # fmt: skip
    _run(folder, specs, plan, again)


def _run(folder: Path, specs: list[KernelSpec], plan: Plan, again: float | None) -> None:
    from cost_model.dataset import write_kernel
    from cost_model.measure.collect import collect as measured
    from cost_model.measure.convert import kernels, noise
    from cost_model.measure.log import Log
    from mlgo.train.progress import TerminalProgress

    folder.mkdir(parents=True, exist_ok=True)
    progress = TerminalProgress()
    log = Log(folder / "log.jsonl")
    if again is not None:
        noisy = {k.name for k in kernels(folder / "log.jsonl") if noise(k) > again}
        specs = [spec for spec in specs if spec.name in noisy]
        log.forget(noisy)
    left = sum(spec.name not in log.names for spec in specs)
    with contextlib.closing(log), progress.bar("kernels", left) as advance:
        given_up = measured(specs, log, plan, lambda _: advance())
    found = kernels(folder / "log.jsonl")
    for kernel in found:
        write_kernel(kernel, folder / f"{kernel.name}.npz")
    ignored = len(log.names) - len(found)
    progress.note(f"{len(found)} kernels in {folder}; {ignored} take no tile; {given_up} given up")
