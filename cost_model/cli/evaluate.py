"""`cost-model evaluate`: how good the rankings are, against every baseline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cost_model.cli.train import interruptible, quiet_tensorflow
from mlgo.errors import UserError

if TYPE_CHECKING:
    from cost_model.evaluate.judge import Judgement
    from cost_model.kernel import Kernel
    from cost_model.learn.run import Run


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--training",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/train/cost-model"),
    show_default=True,
    help="What `cost-model train` made: the methods and the split.",
)
@click.option(
    "--part",
    type=click.Choice(("test", "validation", "train", "all")),
    default="test",
    show_default=True,
    help="Which kernels of the split; all: every kernel of DATA, e.g. another data set.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("build/cost-model.html"),
    show_default=True,
    help="The report; a JSON file of the same figures is put beside it.",
)
def evaluate(data: Path, training: Path, part: str, output: Path) -> None:
    r"""Rank the kernels of DATA that nothing was trained on, with every method of a training.

    Beside the trained methods stand the baselines that need no training: a random order, the
    compiler's default tile, an analytical model. Prints the methods' table.

    \b
    cost-model train kernels.zip && cost-model evaluate kernels.zip
    cost-model evaluate kernels.zip --part validation --output build/validation.html
    """
    quiet_tensorflow(1)
    with interruptible():
        _evaluate(data, training, part, output)


def _evaluate(data: Path, training: Path, part: str, output: Path) -> None:
    from cost_model.dataset import read_kernels
    from cost_model.evaluate.judge import judge
    from cost_model.learn.run import fingerprint, load_run

    run = load_run(training)
    every = read_kernels(data)
    kernels = _choose(every, run, part, fingerprint(every))
    methods = run.methods()
    if not methods:
        raise UserError(f"nothing is trained in {training}", hint="cost-model train DATA")
    print(f"{len(kernels)} kernels, {len(methods)} trained methods", file=sys.stderr)
    judgement = judge(kernels, methods)
    ours = "ranker" if "ranker" in methods else next(iter(methods))
    facts: dict[str, Any] = {
        "about": f"{part} kernels, models of {training.name}",
        "command": ["cost-model", "evaluate", data.name, "--part", part],
        "data_sha256": fingerprint(every),
        "model": run.model_name(ours),
    }
    put_report(judgement, ours, facts, output)


def put_report(judgement: Judgement, ours: str, facts: dict[str, Any], output: Path) -> None:
    """Writes the HTML and the JSON file, and prints the methods' table."""
    from cost_model.evaluate.document import to_document, to_text
    from cost_model.evaluate.page import make_page
    from mlgo.atomic import write_text
    from mlgo.report import write

    output.parent.mkdir(parents=True, exist_ok=True)
    document = to_document(judgement, ours, facts)
    write_text(output.with_suffix(".json"), to_text(document))
    write(make_page(judgement, ours, facts), output)
    _print(document)
    print(output, file=sys.stderr)


def _choose(every: list[Kernel], run: Run, part: str, fingerprint: str) -> list[Kernel]:
    if part != "all" and fingerprint != run.data_sha256:
        hint = "--part all judges by every kernel of other data"
        raise UserError("this is not the data that the models were trained on", hint)
    chosen = every if part == "all" else run.split.part(part, every)
    bare = [kernel.name for kernel in chosen if not kernel.measured]
    if bare:
        hint = "judge by the kernels that were kept for choosing: --part validation"
        raise UserError(f"{bare[0]} has no runtimes to judge by", hint)
    return chosen


def _print(document: dict[str, Any]) -> None:
    figures = ("top1", "top5", "top10", "opa", "tau", "needed")
    print("\t".join(("method", *figures)))
    for method in document["methods"].values():
        values = [method[figure] for figure in figures]
        cells = ["-" if value is None else f"{value['value']:.4f}" for value in values]
        print("\t".join((method["title"], *cells)))
