"""What the policy for size costs when the program runs: counted work at -Oz, against stock -Oz.

Programs of the corpus that have workloads, built with stock's inlining; the policy allocates
registers in its order and skips passes. Instructions, data reads and writes by Cachegrind.

    python bench/small_speed.py libzstd lua5.4 --json small.json
"""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

import click

from mlgo.cli.evaluating import progress_bar
from mlgo.evaluate.inlining import load_programs
from mlgo.evaluate.regalloc import Allocators, evaluate_regalloc, steps
from mlgo.evaluate.regalloc_document import to_json
from mlgo.evaluate.regalloc_result import RegallocSettings
from mlgo.evaluate.regalloc_summary import summary
from mlgo.evaluate.result import Subject
from mlgo.plugin.build import plugin_path
from mlgo.toolchain import find_toolchain
from mlgo.workloads.optimise import Extra

RELEASE = 22


@click.command()
@click.argument("programs", nargs=-1, required=True)
@click.option("--passes/--no-passes", default=True, show_default=True, help="Skip passes.")
@click.option("--jobs", "-j", default=2, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(programs: tuple[str, ...], passes: bool, jobs: int, json_path: Path | None) -> None:
    """Counts the work of PROGRAMS."""
    plugin, toolchain = plugin_path(RELEASE), find_toolchain(RELEASE)
    use = (f"-fpass-plugin={plugin}",)
    learned = {"MLGO_POLICY": "off", "MLGO_SIZE_ORDER": "learned"}
    learned["MLGO_PASSES"] = "learned" if passes else "off"
    control = Extra(use, {"MLGO_POLICY": "off", "MLGO_PASSES": "default"})
    digest = hashlib.sha256(plugin.read_bytes()).hexdigest()
    size = plugin.stat().st_size
    subject = Subject(
        "learned", "inlining-size", "", 0, digest, size, toolchain.version, platform.machine()
    )
    settings = RegallocSettings(level="-Oz", pgo=False, inlining="", rounds=0, jobs=jobs, seed=0)
    loaded = load_programs(list(programs), RELEASE)
    allocators = Allocators(toolchain, control, Extra(use, learned))
    with progress_bar(steps(loaded, settings)) as progress:
        command = ["python", "bench/small_speed.py", *programs]
        found = evaluate_regalloc(allocators, subject, loaded, settings, command, progress)
    if json_path:
        json_path.write_text(to_json(found))
    click.echo(summary(found), nl=False)


if __name__ == "__main__":
    main()
