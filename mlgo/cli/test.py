"""`mlgo test`: a program's own test suite under a policy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlgo.errors import UserError
from mlgo.policy import Policy

if TYPE_CHECKING:
    from mlgo.workloads.optimise import Extra

POLICIES = ("learned", "default", "random", "stock")


@click.command()
@click.argument("program")
@click.option("--policy", type=click.Choice(POLICIES), default="learned", show_default=True)
@click.option(
    "--decisions",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A list that overrides the policy's, as `mlgo tune` writes it.",
)
@click.option(
    "--problem",
    type=click.Choice(["inlining", "regalloc"]),
    default="inlining",
    show_default=True,
    help="What the policy decides: inlining at -Oz, or register allocation at -O2.",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="For -fprofile-use, as `mlgo corpus profile` writes it: with one, the learned policy of "
    "register allocation tries several allocations.",
)
@click.option("--trials", type=click.IntRange(0), help="So many of them for the whole program.")
@click.option("--model", help="In the plugin; the problem's shipped one by default.")
@click.option("--seed", default=0, show_default=True, help="Of the random policy.")
@click.option("--release", default=22, show_default=True, help="LLVM release.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=2, show_default=True)
@click.option("--verbose", "-v", is_flag=True, help="Print what the suite prints, pass or fail.")
def test(
    program: str,
    policy: str,
    decisions: Path | None,
    problem: str,
    profile: Path | None,
    trials: int | None,
    model: str | None,
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
    mlgo test re2 --problem regalloc --policy random --seed 3
    mlgo test libzstd --problem regalloc --profile zstd.profdata --trials 100
    """
    from mlgo.corpus.assemble import Settings
    from mlgo.testing import run_suite_with

    if decisions and (policy == "stock" or problem == "regalloc"):
        raise UserError("--decisions needs an inlining policy", hint="leave it out")
    if (profile or trials) and problem != "regalloc":
        raise UserError("--profile and --trials are for register allocation", hint="leave them out")
    if trials and not profile:
        raise UserError("nothing is tried without a profile", hint="name one with --profile")
    listed = decisions.absolute() if decisions else None
    chosen = Policy(policy, seed=seed, decisions=listed)  # type: ignore[arg-type]  # click checked
    if problem == "inlining":
        extra = _inlining(chosen, model, release)
    else:
        extra = _allocation(chosen, profile, trials, model, release)
    settings = Settings(jobs=jobs, release=release)
    outcome = run_suite_with(program, f"{problem}, {policy}", extra, settings)
    if verbose or not outcome.passed:
        print(outcome.log, end="", file=sys.stderr)
    if not outcome.passed:
        raise UserError(f"the tests of {program} fail with the {policy} policy", exit_code=1)
    print(f"{program}\t{policy}\tpassed")


def _inlining(policy: Policy, model: str | None, release: int) -> Extra:
    """What every compile gets, at -Oz."""
    from mlgo.plugin.build import plugin_path
    from mlgo.workloads.optimise import Extra

    if policy.kind == "stock":
        return Extra()
    plugin = plugin_path(release, model or "inlining-size")
    extra = Extra(tuple(policy.arguments(plugin)), policy.environment())
    if policy.decisions:
        _read_list(extra, release)
    return extra


def _read_list(extra: Extra, release: int) -> None:
    """Lets the plugin read the list, by compiling nothing, before a build stumbles over it."""
    from mlgo.process import check, run
    from mlgo.toolchain import find_toolchain

    nothing = ("-Oz", "-x", "c", "-c", "/dev/null", "-o", "/dev/null")
    clang = find_toolchain(release).clang
    done = run((clang, *extra.arguments, *nothing), env=extra.environment)
    check(done, "reading the decisions", hint="`mlgo tune inlining` writes such lists")


def _allocation(
    policy: Policy, profile: Path | None, trials: int | None, model: str | None, release: int
) -> Extra:
    """What every compile gets, at -O2."""
    from mlgo.plugin.build import plugin_path
    from mlgo.workloads.allocation import allocation
    from mlgo.workloads.optimise import Extra
    from mlgo.workloads.profile import use_profile

    level = ("-O2", *use_profile(profile)) if profile else ("-O2",)
    if policy.kind == "stock":
        return Extra(level)
    found = allocation(
        plugin_path(release, model or "regalloc-speed"),
        policy.kind,
        seed=policy.seed,
        priority="random" if policy.kind == "random" else None,
        trials=trials if profile else 0,
    )
    return Extra((*level, *found.arguments), found.environment)
