"""`telamalloc bench`: one fixed configuration for everything, its peers in the same run."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import click

from telamalloc.bench import peers, suites
from telamalloc.bench.table import Table

SUITES = ("fit", "held-out", "ablation", "minimize", "mobile", "large", "scale")


@click.command("bench", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(SUITES))
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with challenging/, mobile/ and large/; without it only generated instances.",
)  # fmt: skip
@click.option("--instances", default=500, show_default=True, help="How many are held out.")
@click.option("--seconds", default=1.0, show_default=True, help="For each held-out instance.")
@click.option(
    "--patience", default=1.0, show_default=True,
    help="How many times longer the clock may run than the processor, on a busy machine.",
)  # fmt: skip
@click.option("--peers/--no-peers", "with_peers", default=True, help="CP-SAT and omnimalloc too.")
@click.option("--largest", default=1_000_000, show_default=True, help="Buffers in suite scale.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the tables there too.")
@click.option("--json", "as_json", type=click.Path(path_type=Path), help="And as JSON.")
def command(
    names: tuple[str, ...],
    data: Path | None,
    instances: int,
    seconds: float,
    patience: float,
    with_peers: bool,
    largest: int,
    markdown: Path | None,
    as_json: Path | None,
) -> None:
    """Measure the solver beside its peers; with no NAMES all suites.

    fit: time to fit known tight instances. held-out: generated tight instances. ablation: the
    same with one switch off at a time. minimize, mobile, large: lowest peaks. scale: growth up
    to a million buffers.
    """
    others = peers.others() if with_peers else []
    run = _runner(data, instances, seconds, patience, others, largest)
    tables = [table for name in names or SUITES if (table := run(name)) is not None]
    text = _head() + "\n".join(table.markdown() for table in tables)
    click.echo(text)
    if markdown:
        _write(markdown, text)
    if as_json:
        _write(as_json, json.dumps([table.json() for table in tables], indent=1) + "\n")


def _runner(
    data: Path | None,
    instances: int,
    seconds: float,
    patience: float,
    others: list[peers.Peer],
    largest: int,
) -> Callable[[str], Table | None]:
    learning = [peers.core(name, params) for name, params in peers.LEARNING.items()]
    off = [peers.core(name, params) for name, params in peers.SWITCHED_OFF.items()]
    default = peers.core("telamalloc", peers.DEFAULT)

    def run(name: str) -> Table | None:
        if name in ("fit", "minimize", "mobile", "large") and data is None:
            return None
        assert data is not None or name in ("held-out", "ablation", "scale")
        _say(f"== {name}")
        if name == "fit" and data is not None:
            return suites.fit(
                data / "challenging", [default, learning[0], off[-1], *others], 10, _say
            )
        if name == "held-out":
            chosen = [*learning, off[-1], *others]
            return suites.held_out(instances, chosen, seconds, patience, _say)
        if name == "ablation":
            return suites.held_out(instances, [default, *off], seconds, patience, _say)
        if name == "scale":
            return suites.scale(largest, 60, _say)
        assert data is not None
        folder = {"minimize": "challenging"}.get(name, name)
        return suites.minimize(data / folder, 30 if name == "minimize" else 10, _say)

    return run


def main(arguments: list[str]) -> int:
    """Runs the benchmark; arguments as on the command line."""
    command.main(arguments, prog_name="telamalloc bench", standalone_mode=False)
    return 0


def _head() -> str:
    load = os.getloadavg()[0]
    return (
        f"Measured with Python {platform.python_version()} on {os.cpu_count()} cores "
        f"(load {load:.1f}), one thread unless a peer insists.\n\n"
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.rename(path)
