"""`mlgo test`: a program's own test suite under a policy."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mlgo.errors import UserError
from mlgo.policy import Policy

POLICIES = ("learned", "default", "random", "stock")


@click.command()
@click.argument("program")
@click.option("--policy", type=click.Choice(POLICIES), default="learned", show_default=True)
@click.option(
    "--decisions",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A list that overrides the policy's, as `mlgo tune` writes it.",
)
@click.option("--seed", default=0, show_default=True, help="Of the random policy.")
@click.option("--release", default=22, show_default=True, help="LLVM release.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=2, show_default=True)
@click.option("--verbose", "-v", is_flag=True, help="Print what the suite prints, pass or fail.")
def test(
    program: str,
    policy: str,
    decisions: Path | None,
    seed: int,
    release: int,
    jobs: int,
    verbose: bool,
) -> None:
    r"""Builds PROGRAM's own test suite with a policy and runs it.

    The exit code is 0 if the suite passed.

    \b
    mlgo test pugixml
    mlgo test pugixml --decisions build/tune/pugixml/decisions.tsv
    """
    from mlgo.corpus.assemble import Settings
    from mlgo.plugin.build import plugin_path
    from mlgo.testing import run_suite

    if policy == "stock" and decisions:
        raise UserError("--decisions needs the plugin", hint="leave out --policy stock")
    plugin = None if policy == "stock" else plugin_path(release)
    listed = decisions.absolute() if decisions else None
    chosen = Policy(policy, seed=seed, decisions=listed)  # type: ignore[arg-type]  # click checked
    outcome = run_suite(program, chosen, plugin, Settings(jobs=jobs, release=release))
    if verbose or not outcome.passed:
        print(outcome.log, end="", file=sys.stderr)
    if not outcome.passed:
        raise UserError(f"the tests of {program} fail with the {policy} policy", exit_code=1)
    print(f"{program}\t{policy}\tpassed")
