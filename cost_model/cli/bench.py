"""`cost-model bench`: the chosen tiles against XLA's own, timed."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from cost_model.kernel import Kernel
    from cost_model.measure.bench import Contest


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--training",
    type=click.Path(path_type=Path, file_okay=False),
    help="What `cost-model train` made: ranker and split.  [default: the shipped model's]",
)
@click.option(
    "--part",
    type=click.Choice(("test", "validation", "train")),
    default="test",
    show_default=True,
    help="Which kernels of the split.",
)
@click.option("--kernels", "count", type=click.IntRange(1), help="A sample; all by default.")
@click.option(
    "--few", type=click.IntRange(2), default=5, show_default=True, help="Tiles that are measured."
)
@click.option("--rounds", type=click.IntRange(4), default=30, show_default=True,
              help="Each times every candidate once; the minimum counts.")  # fmt: skip
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("build/cost-model-bench.html"),
    show_default=True,
    help="The report; JSON and the log are put beside it.",
)
def bench(
    data: Path,
    training: Path | None,
    part: str,
    count: int | None,
    few: int,
    rounds: int,
    output: Path,
) -> None:
    r"""Time the tile that the ranker chooses among all legal ones, on kernels it has not seen.

    In the same rounds, on one core: XLA's default tile of the same emitter, and XLA's library
    paths, Eigen and YNN. Needs `make setup-xla`. Run again, it goes on where it was.

    \b
    cost-model bench cost_model/data/xla-cpu
    cost-model bench mine --training build/train/cost-model --kernels 20
    """
    from cost_model.dataset import read_kernels
    from cost_model.rank import predictor
    from cost_model.weights import load_weights
    from mlgo.errors import UserError

    path, is_in_part = _model(training, part)
    weights = load_weights(path)
    kernels = [k for k in read_kernels(data) if is_in_part(k) and "spec" in k.metadata]
    if not kernels:
        raise UserError(f"no kernel of {data} can be measured here: none has a specification")
    random.Random(0).shuffle(kernels)
    output.parent.mkdir(parents=True, exist_ok=True)
    log = output.with_name(f"{output.stem}-{weights.sha256[:12]}.jsonl")
    contests, facts = _measure(kernels[:count], predictor(weights), few, rounds, log)
    facts["model"] = f"sha256 {weights.sha256}"
    facts["command"] = f"cost-model bench {data.name} --part {part} --few {few}"
    _write(contests, few, facts, output)


def _model(training: Path | None, part: str) -> tuple[Path, Callable[[Kernel], bool]]:
    """The weights, and which kernels are in a part: of a training, or of the shipped model."""
    if training:
        from cost_model.learn.run import load_run

        names = set(getattr(load_run(training).split, part))
        return training / "ranker" / "weights.ranker", lambda kernel: kernel.name in names
    from cost_model import models

    card = json.loads((models.folder() / "card.json").read_text())
    families = set(card["data"]["kernels"][part])
    return models.weights_file(), lambda kernel: kernel.family in families


def _measure(
    kernels: list[Kernel], ranker: Any, few: int, rounds: int, path: Path
) -> tuple[list[Contest], dict[str, Any]]:
    from cost_model.measure import log
    from cost_model.measure.bench import contest, ranked_tiles
    from cost_model.measure.collect import Plan, collect
    from cost_model.measure.spec import KernelSpec
    from mlgo.errors import UserError
    from mlgo.train.progress import TerminalProgress

    specs = [KernelSpec(**kernel.metadata["spec"]) for kernel in kernels]
    opened = log.Log(path)
    left = sum(spec.name not in opened.names for spec in specs)
    with contextlib.closing(opened), TerminalProgress().bar("kernels", left) as advance:
        draw = ranked_tiles(kernels, ranker, few)
        collect(specs, opened, Plan(rounds=rounds), lambda _: advance(), draw)
    names = {spec.name for spec in specs}
    records = [r for r in log.read(path) if r["spec"]["name"] in names]
    contests = [found for record in records if (found := contest(record))]
    if not contests:
        raise UserError(f"no kernel could be measured; see {path}")
    worker = records[0]["worker"]
    machine = records[0]["machine"]["cpu"]
    return contests, {"xla": worker["xla"], "realtime": worker["realtime"], "machine": machine}


def _write(contests: list[Contest], few: int, facts: dict[str, Any], output: Path) -> None:
    from cost_model.measure.bench_page import document, page, summary
    from mlgo.atomic import write_text
    from mlgo.report import write

    text = json.dumps(document(contests, few, facts), indent=1) + "\n"
    write_text(output.with_suffix(".json"), text)
    write(page(contests, few, facts), output)
    click.echo("against\tgeometric mean\tlow\thigh\tworst\tbelow 0.97")
    for title, s in summary(contests, few).items():
        figures = f"{s.mean:.3f}\t{s.low:.3f}\t{s.high:.3f}\t{s.worst:.3f}"
        click.echo(f"{title}\t{figures}\t{s.slower} of {s.count}")
    click.echo(str(output), err=True)
