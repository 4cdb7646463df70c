"""`mlgo corpus`: programs as modules of bitcode."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlgo import paths
from mlgo.errors import UserError

if TYPE_CHECKING:
    from mlgo.corpus.assemble import Settings


@click.group()
def corpus() -> None:
    """Turns programs into modules of pre-inlining bitcode, with the recipe to link them."""


@corpus.command()
@click.option("--debian", is_flag=True, help="The arguments are Debian source packages.")
@click.option(
    "--split",
    "splits",
    multiple=True,
    type=click.Choice(["train", "validation", "heldout"]),
    help="All known packages of a split; may be repeated.",
)
@click.option(
    "--compile-commands",
    "database",
    type=click.Path(path_type=Path),
    help="The compile_commands.json of a build of your own.",
)
@click.option("--name", help="Of the program from --compile-commands; the folder's by default.")
@click.option(
    "--link",
    "links",
    multiple=True,
    metavar="COMMAND",
    help="A link command, if CMake's or Ninja's files do not tell; may be repeated.",
)
@click.option("--lines", is_flag=True, help="Keep source lines, for `mlgo explain`.")
@click.option("--rebuild", is_flag=True, help="Add again what is in the corpus already.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=2, show_default=True)
@click.option("--release", default=22, show_default=True, help="LLVM release.")
@click.argument("packages", nargs=-1, metavar="[NAME[=VERSION]]...")
def add(
    debian: bool,
    splits: tuple[str, ...],
    database: Path | None,
    name: str | None,
    links: tuple[str, ...],
    lines: bool,
    rebuild: bool,
    jobs: int,
    release: int,
    packages: tuple[str, ...],
) -> None:
    """Adds programs to the corpus; a package that is there already is left alone.

    A package that fails is reported, and the next one is tried; the exit code is then 1.
    """
    from mlgo.corpus.assemble import Settings

    settings = Settings(jobs=jobs, release=release, rebuild=rebuild, lines=lines)
    if database:
        if debian or packages or splits:
            raise UserError("--compile-commands adds one program", hint="leave out the packages")
        from mlgo.corpus.compile_commands import add_compile_commands

        add_compile_commands(database, name, links, settings)
        return
    wanted = [*packages, *_packages_of(splits)]
    if not wanted or not (debian or splits):
        names = " ".join(packages) or "lua5.4"
        raise UserError("nothing to add", hint=f"mlgo corpus add --debian {names}")
    failed = [package for package in wanted if not _add_package(package, settings)]
    if failed:
        raise UserError(f"not added: {' '.join(failed)}", exit_code=1)


def _packages_of(splits: tuple[str, ...]) -> list[str]:
    from mlgo.corpus.recipe import recipes

    return [recipe.name for recipe in recipes().values() if recipe.split in splits]


def _add_package(package: str, settings: Settings) -> bool:
    """Adds one package; tells on stderr why not, if it fails."""
    from mlgo.corpus.add import add_debian

    name, _, version = package.partition("=")
    try:
        add_debian(name, version or None, settings)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return False
    return True


@corpus.command("list")
def list_() -> None:
    """Prints the programs: name, version, split, modules, products, failures."""
    from mlgo.corpus.program import MANIFEST, load_program
    from mlgo.corpus.recipe import find_recipe

    manifests = sorted(paths.corpus().glob(f"[!.]*/{MANIFEST}"))
    if not manifests:
        print(f"no programs in {paths.corpus()}", file=sys.stderr)
        print("hint: mlgo corpus add --debian lua5.4", file=sys.stderr)
    for manifest in manifests:
        p = load_program(manifest.parent)
        split = find_recipe(p.name).split if p.origin.kind == "debian" else ""
        counts = (len(p.modules), len(p.links), len(p.failures))
        print(p.name, p.origin.version or "-", split or "-", *counts, sep="\t")


@corpus.command()
@click.argument("program")
def show(program: str) -> None:
    """Prints one program's manifest, as JSON."""
    from mlgo.corpus.program import MANIFEST, load_program

    folder = paths.corpus() / program
    load_program(folder)  # says what is wrong with it, if anything is
    print((folder / MANIFEST).read_text(), end="")


@corpus.command()
@click.option("--jobs", "-j", type=click.IntRange(1), default=2, show_default=True)
@click.option("--release", default=22, show_default=True, help="LLVM release.")
@click.option("--rebuild", is_flag=True, help="Profile again what has a profile already.")
@click.argument("programs", nargs=-1)
def profile(jobs: int, release: int, rebuild: bool, programs: tuple[str, ...]) -> None:
    """Profiles programs on the training inputs of their workloads, for PGO.

    All programs of the corpus that have workloads, when none is named. Prints the profiles'
    paths. A program that fails is reported, and the next one is tried; the exit code is then 1.

    Example: mlgo corpus profile zlib lz4
    """
    from mlgo.corpus.program import MANIFEST
    from mlgo.toolchain import find_toolchain
    from mlgo.workloads.profile import make_profile, profile_path
    from mlgo.workloads.table import workloads

    there = [name for name in workloads() if (paths.corpus() / name / MANIFEST).exists()]
    failed = []
    for name in programs or there:
        path = profile_path(name, release)
        if path.exists() and not rebuild:
            print(path)
            continue
        print(f"{name}: profiling", file=sys.stderr)
        try:
            print(make_profile(find_toolchain(release), name, jobs=jobs))
        except UserError as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            failed.append(name)
    if failed:
        raise UserError(f"not profiled: {' '.join(failed)}", exit_code=1)
