"""`mlgo evaluate`: policies against stock."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlgo.cli.evaluate_calibration import calibration
from mlgo.cli.evaluate_headroom import headroom
from mlgo.cli.evaluate_regalloc import regalloc
from mlgo.cli.evaluating import check_rounds, check_writable, progress_bar, split_names
from mlgo.errors import UserError
from mlgo.policy import Policy
from mlgo.toolchain import DEFAULT_RELEASE, SUPPORTED_RELEASES, find_toolchain

if TYPE_CHECKING:
    from mlgo.corpus.program import Program
    from mlgo.evaluate.compiler import VariantCompiler
    from mlgo.evaluate.result import Evaluation


@click.group()
def evaluate() -> None:
    """Compares a policy with stock, on real programs."""


evaluate.add_command(regalloc)
evaluate.add_command(calibration)
evaluate.add_command(headroom)


@evaluate.command()
@click.option(
    "--policy",
    "kind",
    type=click.Choice(["learned", "file", "random", "default"]),
    default="learned",
    show_default=True,
    help="What decides: the model in the plugin, --weights, a coin, or LLVM itself.",
)
@click.option("--model", default="inlining-size", show_default=True, help="In the plugin.")
@click.option("--weights", type=click.Path(path_type=Path), help="Of --policy file.")
@click.option("--programs", default="", help="Separated by commas; all of the corpus by default.")
@click.option("--lto", is_flag=True, help="Build with full LTO too.")
@click.option("--rounds", default=0, show_default=True, help="Of compile time; 0 for none.")
@click.option("--explain", is_flag=True, help="Say which features and decisions mattered.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=2, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of a random policy and of intervals.")
@click.option(
    "--release",
    type=click.Choice([str(release) for release in SUPPORTED_RELEASES]),
    default=str(DEFAULT_RELEASE),
    show_default=True,
    help="LLVM's.",
)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Results, as JSON.")
@click.option("--html", "html_path", type=click.Path(path_type=Path), help="Report, one file.")
def inlining(**options: Any) -> None:
    r"""Builds programs with stock, with the control and with a policy, and compares the sizes.

    Prints a table of linked sizes. The modules and products that do not build are listed, not
    dropped; the exit code is then 1.

    \b
    mlgo evaluate inlining --programs ninja-build,re2 --rounds 5 --html report.html
    """
    from mlgo.evaluate.inlining import evaluate_inlining, load_programs, steps
    from mlgo.evaluate.result import Settings
    from mlgo.evaluate.summary import summary

    check_rounds(options["rounds"])
    release = int(options["release"])
    if options["explain"] and (options["kind"] not in ("learned", "file") or release != 22):
        raise UserError("--explain takes a learned policy in LLVM 22")
    outputs = [path for path in (options["json_path"], options["html_path"]) if path]
    for path in outputs:
        check_writable(path)
    compiler = _compiler(options, release)
    programs = load_programs(split_names(options["programs"]), release)
    settings = Settings(options["lto"], options["rounds"], options["jobs"], options["seed"])
    with progress_bar(steps(programs, settings)) as progress:
        command = _command(options, [program.name for program in programs])
        evaluation = evaluate_inlining(compiler, programs, settings, command, progress)
    if options["explain"]:
        evaluation = _explained(evaluation, compiler, programs, options)
    _write(evaluation, options["json_path"], options["html_path"])
    click.echo(summary(evaluation), nl=False)
    failed = sum(len(program.failures) for program in evaluation.programs)
    if failed:
        raise UserError(f"{failed} modules or products did not build", "see above", exit_code=1)


def _compiler(options: dict[str, Any], release: int) -> VariantCompiler:
    """What to compile with; everything that is missing is said before anything is built."""
    from mlgo import models
    from mlgo.evaluate.compiler import VariantCompiler
    from mlgo.plugin.build import plugin_path

    weights: Path | None = options["weights"]
    if (options["kind"] == "file") != (weights is not None):
        raise UserError("--policy file and --weights FILE belong together")
    if weights and not weights.is_file():
        raise UserError(f"no weights at {weights}", hint="`mlgo train inlining` makes them")
    models.folder(options["model"])
    policy = Policy(options["kind"], weights=weights, seed=options["seed"])
    plugin = plugin_path(release, options["model"])
    return VariantCompiler(find_toolchain(release), plugin, options["model"], policy)


def _weights(options: dict[str, Any]) -> Path:
    """The model that the policy follows, as a file."""
    from mlgo import models

    weights: Path = options["weights"] or models.weights_file(options["model"])
    return weights.absolute()


def _explained(
    evaluation: Evaluation,
    compiler: VariantCompiler,
    programs: list[Program],
    options: dict[str, Any],
) -> Evaluation:
    from mlgo import paths
    from mlgo.evaluate.explain import explain
    from mlgo.inlining.weights import load_weights
    from mlgo.rollout.compiler import PluginCompiler

    with progress_bar(sum(len(program.modules) for program in programs), "explaining") as progress:
        found = explain(
            PluginCompiler(compiler.toolchain, compiler.plugin),
            [(paths.corpus() / program.name, program) for program in programs],
            compiler.policy,
            load_weights(_weights(options)),
            jobs=options["jobs"],
            tick=progress,
        )
    return dataclasses.replace(evaluation, explanation=found)


def _command(options: dict[str, Any], programs: list[str]) -> list[str]:
    """The command that repeats an evaluation, with nothing left to a default that may change."""
    command = ["mlgo", "evaluate", "inlining", "--policy", options["kind"]]
    command += ["--model", options["model"]]
    command += ["--weights", str(options["weights"])] if options["weights"] else []
    command += ["--programs", ",".join(programs), "--release", options["release"]]
    command += ["--lto"] if options["lto"] else []
    command += ["--explain"] if options["explain"] else []
    return [*command, "--rounds", str(options["rounds"]), "--seed", str(options["seed"])]


def _write(evaluation: Evaluation, json_path: Path | None, html_path: Path | None) -> None:
    from mlgo import report
    from mlgo.evaluate.document import write_evaluation
    from mlgo.evaluate.inlining_page import inlining_page

    try:
        if json_path:
            write_evaluation(evaluation, json_path)
        if html_path:
            report.write(inlining_page(evaluation), html_path)
    except OSError as error:
        raise UserError(f"the results cannot be written: {error}", "free some space") from error
