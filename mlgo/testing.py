"""A program's own test suite, built from source with a policy and run."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from mlgo.corpus.add import fetch_package, recorded_build
from mlgo.corpus.assemble import Settings
from mlgo.corpus.recipe import Suite, find_recipe
from mlgo.errors import UserError
from mlgo.policy import Policy
from mlgo.process import run
from mlgo.workloads.optimise import Extra


@dataclass(frozen=True)
class Outcome:
    """How a test suite ended.

    Attributes:
        passed: whether its exit code was 0.
        log: all that it printed.
    """

    passed: bool
    log: str


def run_suite(
    name: str, policy: Policy, plugin: Path | None, settings: Settings | None = None
) -> Outcome:
    """Builds a package's tests with its own build system and our flags, and runs them.

    Args:
        name: of a package with a test recipe, see packages.toml.
        policy: of inlining, followed by every compile of the build, at -Oz.
        plugin: the pass plugin; may be None for the "stock" policy only.
        settings: how to build; nothing is added to the corpus.

    Raises:
        UserError: there is no recipe, or the suite could not be fetched or built.
    """
    arguments = tuple(policy.arguments(plugin)) if plugin else ()
    return run_suite_with(name, policy.kind, Extra(arguments, policy.environment()), settings)


def run_suite_with(name: str, what: str, extra: Extra, settings: Settings | None = None) -> Outcome:
    """Builds a package's tests and runs them, see `run_suite`.

    Args:
        name: of a package with a test recipe, see packages.toml.
        what: is tested; for the progress.
        extra: what every compile gets behind our flags, e.g. -O2 and a policy of allocation.
        settings: how to build; nothing is added to the corpus.

    Raises:
        UserError: there is no recipe, or the suite could not be fetched or built.
    """
    settings = settings or Settings()
    recipe = find_recipe(name).for_test()
    assert recipe.test is not None
    toolchain = settings.toolchain
    with tempfile.TemporaryDirectory(prefix="mlgo-") as scratch:
        work = Path(scratch).resolve()
        package = fetch_package(recipe, None, work, settings)
        environment = tuple(extra.environment.items())
        build = recorded_build(
            recipe, package, toolchain, work, settings.jobs, extra.arguments, environment
        )
        settings.progress(f"{name} {package.version}: building the tests ({what})")
        build.configure()
        error = build.build(record=False)
        if error:
            raise UserError(f"building the tests of {name} failed: {error}", exit_code=1)
        settings.progress(f"{name}: running the tests")
        return _run(recipe.test, build.expand(recipe.test.command), build.output)


def _run(recipe: Suite, command: list[str], folder: Path) -> Outcome:
    finished = run(command, cwd=folder / recipe.directory, timeout=20 * recipe.seconds)
    return Outcome(finished.code == 0, finished.log)
