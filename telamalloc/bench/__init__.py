"""`telamalloc bench`: one fixed configuration for everything, its peers in the same run."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from telamalloc.bench import peers, suites
from telamalloc.bench.results import Results
from telamalloc.bench.table import Table

SUITES = ("fit", "held-out", "ablation", "minimize", "mobile", "large", "scale")
_NEEDS_DATA = ("fit", "minimize", "mobile", "large")


@click.command("bench", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(SUITES))
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with challenging/, mobile/ and large/; without it only generated instances.",
)  # fmt: skip
@click.option("--instances", default=500, show_default=True, help="How many are held out.")
@click.option("--seconds", default=1.0, show_default=True, help="For each held-out instance.")
@click.option(
    "--patience", default=3.0, show_default=True,
    help="How many times longer the clock may run than the processor, on a busy machine.",
)  # fmt: skip
@click.option("--peers/--no-peers", "with_peers", default=True, help="CP-SAT and omnimalloc too.")
@click.option("--largest", default=1_000_000, show_default=True, help="Buffers in suite scale.")
@click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path, file_okay=False),
    help="Write bench.json, bench.md, bench.html and growth.svg there, after every suite.",
)  # fmt: skip
@click.option("--resume", is_flag=True, help="Keep the suites that OUTPUT's bench.json has.")
def command(
    names: tuple[str, ...],
    data: Path | None,
    instances: int,
    seconds: float,
    patience: float,
    with_peers: bool,
    largest: int,
    folder: Path | None,
    resume: bool,
) -> None:
    """Measure the solver beside its peers; with no NAMES all suites.

    fit: time to fit known tight instances. held-out: generated tight instances. ablation: the
    same with one switch off at a time. minimize, mobile, large: lowest peaks. scale: growth up
    to a million buffers.

    \b
    Examples:
      telamalloc bench --data static_allocation -o bench          # all tables
      telamalloc bench held-out --instances 70 --no-peers         # a quick look
      telamalloc bench fit large --data static_allocation -o bench --resume
    """  # noqa: D301
    _check(names, data, folder, resume)
    results = Results.read(folder) if resume and folder else Results()
    others = peers.others() if with_peers else []
    run = _Runner(data, instances, seconds, patience, others, largest)
    for name in names or [n for n in SUITES if data or n not in _NEEDS_DATA]:
        if name not in results.tables:
            _say(f"== {name}")
            results.tables[name] = run.suite(name)
            if folder:
                results.write(folder)
    click.echo(results.markdown(), nl=False)


def _check(names: tuple[str, ...], data: Path | None, folder: Path | None, resume: bool) -> None:
    needy = [n for n in names if n in _NEEDS_DATA]
    if needy and data is None:
        raise click.UsageError(f"suite {needy[0]} measures files; say where they are: --data")
    if resume and folder is None:
        raise click.UsageError("--resume needs the folder to go on with: --output")


class _Runner:
    """Who runs what, for how long."""

    def __init__(
        self,
        data: Path | None,
        instances: int,
        seconds: float,
        patience: float,
        others: list[peers.Peer],
        largest: int,
    ) -> None:
        self.data = data or Path()
        self.instances, self.seconds, self.patience = instances, seconds, patience
        self.others, self.largest = others, largest
        self.default = peers.core("telamalloc", peers.DEFAULT)
        self.learning = [peers.core(name, params) for name, params in peers.LEARNING.items()]
        self.off = [peers.core(name, params) for name, params in peers.SWITCHED_OFF.items()]

    def suite(self, name: str) -> Table:
        if name == "fit":
            plain = [self.default, self.learning[0], self.off[-1]]
            return suites.fit(self.data / "challenging", [*plain, *self.others], 10, _say)
        if name == "held-out":
            return self._held_out([*self.learning, self.off[-1], *self.others])
        if name == "ablation":
            return self._held_out([self.default, *self.off])
        if name == "scale":
            return suites.scale(self.largest, 60, _say)
        folder = {"minimize": "challenging"}.get(name, name)
        return suites.minimize(self.data / folder, 30 if name == "minimize" else 10, _say)

    def _held_out(self, chosen: list[peers.Peer]) -> Table:
        return suites.held_out(self.instances, chosen, self.seconds, self.patience, _say)


def main(arguments: list[str]) -> int:
    """Runs the benchmark; arguments as on the command line."""
    command.main(arguments, prog_name="telamalloc bench", standalone_mode=False)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
