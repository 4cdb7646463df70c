"""`mlgo evaluate regalloc`: register allocation against stock, on real work."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlgo.cli.evaluating import check_rounds, check_writable, progress_bar, split_names
from mlgo.errors import UserError
from mlgo.toolchain import find_toolchain

if TYPE_CHECKING:
    from mlgo.evaluate.regalloc import Allocators
    from mlgo.evaluate.regalloc_result import RegallocEvaluation
    from mlgo.evaluate.result import Subject
    from mlgo.workloads.optimise import Extra

RELEASE = 22  # whose bitcode and profiles the corpus has


@click.command()
@click.option(
    "--policy",
    "kind",
    type=click.Choice(["learned", "file", "random", "default"]),
    default="learned",
    show_default=True,
    help="What decides: the model in the plugin, --weights, chance, or LLVM itself.",
)
@click.option("--model", default="regalloc-speed", show_default=True, help="In the plugin.")
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="Of --policy file: of evictions, or of the order of allocation, which then is all that "
    "is decided.",
)
@click.option(
    "--trials",
    type=click.IntRange(0),
    help="Allocations tried for a program with a profile; 0: the policy alone decides. Without "
    "this option, what the plugin does by itself.",
)
@click.option(
    "--programs", default="", help="Separated by commas; the held-out ones with workloads."
)
@click.option("-O", "level", type=click.Choice(["2", "3"]), default="2", show_default=True)
@click.option("--pgo/--no-pgo", default=True, show_default=True, help="Optimise with profiles.")
@click.option(
    "--inlining",
    default="",
    metavar="MODEL",
    help="Also this inlining policy, alone and together with --policy.",
)
@click.option("--rounds", default=0, show_default=True, help="Of run time; 0 for none.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=2, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of a random policy and of intervals.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Results, as JSON.")
@click.option("--html", "html_path", type=click.Path(path_type=Path), help="Report, one file.")
def regalloc(**options: Any) -> None:
    """Runs programs built with stock, with the control and with a policy, and counts.

    Instructions, data reads and data writes are counted by Valgrind's Cachegrind, so the figures
    are the same on a busy machine. Profiles that are missing are made first. What does not build
    or run is listed, not dropped; the exit code is then 1.

    Example: mlgo evaluate regalloc --programs lua5.4,libzstd -O2 --pgo --html report.html
    """
    from mlgo.evaluate.inlining import load_programs
    from mlgo.evaluate.regalloc import evaluate_regalloc, steps
    from mlgo.evaluate.regalloc_result import RegallocSettings
    from mlgo.evaluate.regalloc_summary import summary

    check_rounds(options["rounds"])
    for path in (options["json_path"], options["html_path"]):
        if path:
            check_writable(path)
    programs = load_programs(split_names(options["programs"]) or _held_out(), RELEASE)
    settings = RegallocSettings(
        level=f"-O{options['level']}",  # type: ignore[arg-type]  # click checked it
        pgo=options["pgo"],
        inlining=options["inlining"],
        rounds=options["rounds"],
        jobs=options["jobs"],
        seed=options["seed"],
    )
    allocators, subject = _allocators(options)
    command = _command(options, [program.name for program in programs])
    with progress_bar(steps(programs, settings)) as progress:
        evaluation = evaluate_regalloc(allocators, subject, programs, settings, command, progress)
    _write(evaluation, options["json_path"], options["html_path"])
    click.echo(summary(evaluation), nl=False)
    failed = [p.name for p in evaluation.programs if p.error]
    failed += [p.name for p in evaluation.programs for w in p.workloads if not w.agree]
    if failed:
        raise UserError(f"not as it should be: {', '.join(failed)}", "see above", exit_code=1)


def _held_out() -> list[str]:
    """The programs of the corpus that are held out and have workloads."""
    from mlgo import paths
    from mlgo.corpus.program import MANIFEST
    from mlgo.corpus.recipe import find_recipe
    from mlgo.workloads.table import workloads

    held_out = [name for name in workloads() if find_recipe(name).split == "heldout"]
    return [name for name in held_out if (paths.corpus() / name / MANIFEST).exists()]


def _allocators(options: dict[str, Any]) -> tuple[Allocators, Subject]:
    """What decides; everything that is missing is said before anything is built."""
    from mlgo.evaluate.regalloc import Allocators
    from mlgo.evaluate.result import Subject
    from mlgo.plugin.build import plugin_path
    from mlgo.workloads.allocation import allocation, inlining
    from mlgo.workloads.optimise import Extra

    weights: Path | None = options["weights"]
    if (options["kind"] == "file") != (weights is not None):
        raise UserError("--policy file and --weights FILE belong together")
    if weights and not weights.is_file():
        raise UserError(f"no weights at {weights}", hint="`mlgo train regalloc` makes them")
    plugin = plugin_path(RELEASE, options["model"])
    toolchain = find_toolchain(RELEASE)
    inliner = plugin_path(RELEASE, options["inlining"]) if options["inlining"] else None
    content = plugin.read_bytes()
    subject = Subject(
        policy=options["kind"],
        model=options["model"],
        weights_sha256=hashlib.sha256(weights.read_bytes()).hexdigest() if weights else "",
        seed=options["seed"],
        plugin_sha256=hashlib.sha256(content).hexdigest(),
        plugin_bytes=len(content),
        llvm_version=toolchain.version,
        machine=platform.machine(),
    )
    allocators = Allocators(
        toolchain,
        control=allocation(plugin, "default"),
        policy=_policy(plugin, options),
        inlining=inlining(inliner) if inliner else Extra(),
    )
    return allocators, subject


def _policy(plugin: Path, options: dict[str, Any]) -> Extra:
    from mlgo.regalloc.priority import is_order
    from mlgo.workloads.allocation import allocation

    weights: Path | None = options["weights"]
    if weights and is_order(weights):
        return allocation(plugin, "off", priority="file", priority_weights=weights)
    return allocation(
        plugin, options["kind"], weights=weights, seed=options["seed"], trials=options["trials"]
    )


def _command(options: dict[str, Any], programs: list[str]) -> list[str]:
    """The command that repeats an evaluation, with nothing left to a default that may change."""
    command = ["mlgo", "evaluate", "regalloc", "--policy", options["kind"]]
    command += ["--model", options["model"]]
    command += ["--weights", str(options["weights"])] if options["weights"] else []
    trials = options["trials"]
    command += ["--trials", str(trials)] if trials is not None else []
    command += ["--programs", ",".join(programs), f"-O{options['level']}"]
    command += ["--pgo" if options["pgo"] else "--no-pgo"]
    command += ["--inlining", options["inlining"]] if options["inlining"] else []
    return [*command, "--rounds", str(options["rounds"]), "--seed", str(options["seed"])]


def _write(evaluation: RegallocEvaluation, json_path: Path | None, html_path: Path | None) -> None:
    from mlgo import report
    from mlgo.atomic import write_text
    from mlgo.evaluate.regalloc_document import to_json
    from mlgo.evaluate.regalloc_page import regalloc_page

    try:
        if json_path:
            write_text(json_path, to_json(evaluation))
        if html_path:
            report.write(regalloc_page(evaluation), html_path)
    except OSError as error:
        raise UserError(f"the results cannot be written: {error}", "free some space") from error
