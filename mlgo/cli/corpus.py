"""`mlgo corpus`: programs as modules of bitcode."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from mlgo import paths
from mlgo.errors import UserError


@click.group()
def corpus() -> None:
    """Turns programs into modules of pre-inlining bitcode, with the recipe to link them."""


@corpus.command()
@click.option("--debian", "debian", is_flag=True, help="The arguments are Debian source packages.")
@click.option("--jobs", "-j", default=min(2, os.cpu_count() or 1), show_default=True)
@click.option("--release", default=22, show_default=True, help="LLVM release.")
@click.argument("names", nargs=-1, metavar="NAME[=VERSION]...")
def add(debian: bool, jobs: int, release: int, names: tuple[str, ...]) -> None:
    """Adds programs to the corpus; one that is there already is left alone.

    A package that fails is reported, and the next one is tried; the exit code is then 1.
    """
    from mlgo.corpus.add import add_debian
    from mlgo.corpus.assemble import Settings

    settings = Settings(jobs=jobs, release=release)

    failed = []
    for word in names:
        name, _, version = word.partition("=")
        try:
            add_debian(name, version or None, settings)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            if error.hint:
                print(f"hint: {error.hint}", file=sys.stderr)
            failed.append(name)
    if failed:
        raise UserError(f"not added: {', '.join(failed)}", exit_code=1)


@corpus.command("list")
def list_() -> None:
    """Prints the programs of the corpus: name, version, modules, products, failures."""
    from mlgo.corpus.program import MANIFEST, load_program

    for manifest in sorted(paths.corpus().glob(f"[!.]*/{MANIFEST}")):
        p = load_program(manifest.parent)
        counts = (len(p.modules), len(p.links), len(p.failures))
        print(p.name, p.origin.version or "-", *counts, sep="\t")


@corpus.command()
@click.argument("name")
def show(name: str) -> None:
    """Prints one program's manifest as JSON."""
    from mlgo.corpus.program import MANIFEST, load_program

    folder = paths.corpus() / name
    load_program(folder)
    print(json.dumps(json.loads((Path(folder) / MANIFEST).read_text()), indent=1))
