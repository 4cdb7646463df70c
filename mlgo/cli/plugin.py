"""`mlgo plugin`: build and find the plugin."""

from __future__ import annotations

from pathlib import Path

import click

from mlgo.cli.models import warn
from mlgo.plugin.build import DEFAULT_POLICY, build_plugin, plugin_path
from mlgo.toolchain import DEFAULT_RELEASE, SUPPORTED_RELEASES

_release = click.option(
    "--release",
    type=click.Choice([str(r) for r in SUPPORTED_RELEASES]),
    default=str(DEFAULT_RELEASE),
    show_default=True,
    help="LLVM's major release; a plugin works in the release it was built for.",
)
_policy = click.option(
    "--policy", default=DEFAULT_POLICY, show_default=True, help="The policy to embed."
)


@click.group()
def plugin() -> None:
    """Build the pass plugin for an installed LLVM, or print where it is."""


@plugin.command()
@_release
@_policy
@click.option(
    "--model",
    "own",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Embed this object file (made by `mlgo export`) instead of a shipped policy; may be "
    "repeated, for a model of inlining, of passes, of the order for size.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to build in; with --model, so that the shipped plugin stays as it is.",
)
def build(release: str, policy: str, own: tuple[Path, ...], output: Path | None) -> None:
    """Build the plugin (seconds) and print its path.

    Example: clang-22 -Oz -fpass-plugin=$(mlgo plugin build) -c x.c
    """
    click.echo(build_plugin(int(release), policy, own, output))
    if not own:
        warn(policy)


@plugin.command()
@_release
@_policy
def path(release: str, policy: str) -> None:
    """Print the path of the built plugin."""
    click.echo(plugin_path(int(release), policy))
