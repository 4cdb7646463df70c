"""`mlgo evaluate headroom`: what better evictions of hot functions would bring."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from mlgo.cli.evaluating import check_writable, progress_bar
from mlgo.toolchain import find_toolchain

RELEASE = 22


@click.command()
@click.argument("program")
@click.option("--functions", type=click.IntRange(1), default=5, show_default=True, help="How many.")
@click.option("--steps", type=click.IntRange(1), default=200, show_default=True, help="For each.")
@click.option("--seed", default=0, show_default=True)
@click.option("--model", default="regalloc-speed", show_default=True, help="Of the plugin.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Results, as JSON.")
def headroom(
    program: str, functions: int, steps: int, seed: int, model: str, json_path: Path | None
) -> None:
    """Searches the evictions of PROGRAM's hottest functions for better ones.

    Every step changes one to three evictions and compiles the function again (-O2, PGO); what
    costs no more by the profile is kept. Then the program is built with all that was found, and
    its measured runs are counted: a lower estimate of what perfect evictions would win.

    Example: mlgo evaluate headroom lua5.4 --functions 5 --steps 500
    """
    from mlgo.atomic import write_text
    from mlgo.evaluate.headroom import find_headroom
    from mlgo.evaluate.headroom_summary import summary
    from mlgo.evaluate.inlining import load_programs
    from mlgo.plugin.build import plugin_path

    if json_path:
        check_writable(json_path)
    (loaded,) = load_programs([program], RELEASE)
    command = ["mlgo", "evaluate", "headroom", program, "--functions", str(functions)]
    command += ["--steps", str(steps), "--seed", str(seed), "--model", model]
    with progress_bar(functions + 2) as progress:
        found = find_headroom(
            find_toolchain(RELEASE),
            plugin_path(RELEASE, model),
            loaded,
            functions=functions,
            steps=steps,
            seed=seed,
            command=command,
            progress=progress,
        )
    if json_path:
        write_text(json_path, json.dumps(asdict(found), indent=1, sort_keys=True) + "\n")
    click.echo(summary(found), nl=False)
