"""`mlgo explain`: why a policy did what it did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mlgo.evaluate.explanation import Effect, Explanation


@click.group()
def explain() -> None:
    """Shows what moved a policy, and which of its decisions saved or cost bytes."""


@explain.command()
@click.option("--program", "names", multiple=True, required=True, help="May be repeated.")
@click.option("--weights", type=click.Path(path_type=Path), help="Instead of the shipped policy.")
@click.option("--limit", default=200, show_default=True, help="Decisions to measure a module.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=2, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Results, as JSON.")
@click.option("--html", "html_path", type=click.Path(path_type=Path), help="Report, one file.")
def inlining(
    names: tuple[str, ...],
    weights: Path | None,
    limit: int,
    jobs: int,
    json_path: Path | None,
    html_path: Path | None,
) -> None:
    r"""Explains the inlining policy by what it does to programs of the corpus.

    Prints the ten features that move it most, and the ten decisions against LLVM's default that
    saved and that cost the most bytes, each measured by flipping it back.

    \b
    mlgo explain inlining --program re2 --html why.html
    """
    from mlgo import models, paths, report
    from mlgo.atomic import write_text
    from mlgo.corpus.program import load_program
    from mlgo.evaluate.explain import explain as explained
    from mlgo.evaluate.explain_page import explain_page
    from mlgo.evaluate.explanation import to_json
    from mlgo.inlining.weights import load_weights
    from mlgo.plugin.build import DEFAULT_POLICY, plugin_path
    from mlgo.policy import Policy
    from mlgo.rollout.compiler import PluginCompiler
    from mlgo.toolchain import find_toolchain

    # The shipped weights are read by the plugin too: a plugin may have another model inside.
    file = (weights or models.weights_file(DEFAULT_POLICY)).absolute()
    model = load_weights(file)
    programs = [(paths.corpus() / n, load_program(paths.corpus() / n)) for n in names]
    compiler = PluginCompiler(find_toolchain(22), plugin_path(22))
    policy = Policy("file", weights=file)
    found = explained(compiler, programs, policy, model, limit=limit, jobs=jobs)
    if json_path:
        write_text(json_path, to_json(found))
    if html_path:
        report.write(explain_page(found), html_path)
    _print(found)


def _print(found: Explanation) -> None:
    click.echo(f"{found.overruled:,} of {found.decisions:,} decisions overrule LLVM")
    for feature in found.features[:10]:
        click.echo(f"feature\t{feature.overruled:.3f}\t{feature.name}")
    for title, effects in (("saved", found.saved), ("cost", found.cost)):
        for effect in effects:
            click.echo(f"{title}\t{_line(effect)}")


def _line(effect: Effect) -> str:
    did = "inlined" if effect.inlined else "kept"
    where = effect.line or effect.module
    return f"{effect.change:+.1f}\t{did} {effect.callee}\tin {effect.caller}\t{where}"
