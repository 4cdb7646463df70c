"""`mlgo evaluate calibration`: the allocator's score against counted runs."""

from __future__ import annotations

from pathlib import Path

import click

from mlgo.cli.evaluating import check_writable, progress_bar, split_names
from mlgo.errors import UserError
from mlgo.toolchain import find_toolchain

RELEASE = 22


@click.command()
@click.option("--programs", required=True, help="Of the corpus, separated by commas.")
@click.option("--seeds", type=click.IntRange(1), default=4, show_default=True)
@click.option("--model", default="regalloc-speed", show_default=True, help="Of the plugin.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Results, as JSON.")
@click.option("--html", "html_path", type=click.Path(path_type=Path), help="Report, one file.")
def calibration(
    programs: str, seeds: int, model: str, json_path: Path | None, html_path: Path | None
) -> None:
    """Compares what the allocator's score promises with what is counted.

    Builds programs (-O2, PGO) with LLVM's own decisions and with SEEDS random policies, runs
    their training inputs under Cachegrind, and correlates both changes, function by function.

    Example: mlgo evaluate calibration --programs zlib,lz4 --html calibration.html
    """
    from mlgo import report
    from mlgo.atomic import write_text
    from mlgo.evaluate.calibration import calibrate
    from mlgo.evaluate.calibration_page import calibration_page, summary, to_json
    from mlgo.evaluate.inlining import load_programs
    from mlgo.plugin.build import plugin_path

    for path in (json_path, html_path):
        if path:
            check_writable(path)
    loaded = load_programs(split_names(programs), RELEASE)
    command = ["mlgo", "evaluate", "calibration", "--programs", programs, "--seeds", str(seeds)]
    command += ["--model", model]
    plugin = plugin_path(RELEASE, model)
    with progress_bar(len(loaded) * (seeds + 1)) as progress:
        found = calibrate(find_toolchain(RELEASE), plugin, loaded, seeds, command, progress)
    try:
        if json_path:
            write_text(json_path, to_json(found))
        if html_path:
            report.write(calibration_page(found), html_path)
    except OSError as error:
        raise UserError(f"the results cannot be written: {error}", "free some space") from error
    click.echo(summary(found), nl=False)
