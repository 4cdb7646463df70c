"""`mlgo flags`: what a build must be told to follow a policy."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mlgo.cli.models import warn
from mlgo.errors import UserError
from mlgo.flags import CONTROL, FORMATS, Flags, make_flags, write_flags
from mlgo.toolchain import DEFAULT_RELEASE, SUPPORTED_RELEASES


@click.command()
@click.option(
    "--policy",
    default="inlining-size",
    show_default=True,
    help=f"A shipped policy, or {CONTROL!r} for LLVM's own decisions through the plugin.",
)
@click.option("--lto", is_flag=True, help="For full link-time optimisation with lld.")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="shell")
@click.option("--output", type=click.Path(path_type=Path), help="File to write; else stdout.")
@click.option(
    "--release",
    type=click.Choice([str(r) for r in SUPPORTED_RELEASES]),
    default=str(DEFAULT_RELEASE),
    show_default=True,
    help="LLVM's major release.",
)
def flags(policy: str, lto: bool, form: str, output: Path | None, release: str) -> None:
    """Prints the flags that make a build follow a policy.

    \b
    eval "$(mlgo flags)"                              then ./configure and make
    mlgo flags --format cmake --output mlgo.cmake     cmake -DCMAKE_TOOLCHAIN_FILE=mlgo.cmake
    mlgo flags --format meson --output mlgo.ini       meson setup --native-file mlgo.ini
    mlgo flags --format make --output mlgo.mk         make -f Makefile -f mlgo.mk
    mlgo flags --format clang-config --output m.cfg   clang --config=m.cfg
    """  # noqa: D301 - click reads \\b as "keep these lines as they are"
    from mlgo.plugin.build import DEFAULT_POLICY, plugin_path

    embedded = DEFAULT_POLICY if policy == CONTROL else policy
    chosen = make_flags(policy, plugin_path(int(release), embedded), int(release), lto=lto)
    _warn(chosen, form)
    warn(embedded)
    text = write_flags(chosen, form)
    if output is None:
        print(text, end="")
        return
    try:
        output.write_text(text)
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}", exit_code=1) from error


def _warn(chosen: Flags, form: str) -> None:
    if form == "shell" and any(" " in word for word in chosen.compile):
        print("warning: the plugin's path has a space, which ./configure splits", file=sys.stderr)
        print("hint: for autoconf, write --format clang-config to a path without", file=sys.stderr)
    if chosen.environment and form in ("clang-config", "cmake", "meson"):
        assignments = " ".join(f"{name}={value}" for name, value in chosen.environment)
        print(f"hint: set {assignments} in the environment of the link", file=sys.stderr)
