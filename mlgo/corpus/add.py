"""Puts programs into the corpus: Debian source packages, built once with recording compilers."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mlgo import paths
from mlgo.corpus.assemble import FinishedBuild, Settings, assemble
from mlgo.corpus.buildsystem import Build
from mlgo.corpus.capture import make_wrappers, read_records
from mlgo.corpus.debian import SourcePackage, available_versions, fetch
from mlgo.corpus.extract import WRAPPER_FLAGS
from mlgo.corpus.graph import BuildGraph, build_graph
from mlgo.corpus.program import MANIFEST, Origin, Program, load_program
from mlgo.corpus.recipe import Recipe, find_recipe
from mlgo.errors import UserError
from mlgo.toolchain import Toolchain


def add_debian(name: str, version: str | None = None, settings: Settings | None = None) -> Program:
    """Adds a Debian source package to the corpus; returns at once if it is there already.

    Args:
        name: of the source package.
        version: wanted; our table's pin by default, or else the newest.
        settings: where to and how.

    Raises:
        UserError: it cannot be fetched, configured or built into at least one linked product.
    """
    settings = settings or Settings()
    recipe = find_recipe(name)
    present = _present(settings, name, version or recipe.version)
    if present:
        settings.progress(f"{name} {present.origin.version}: already in the corpus")
        return present
    toolchain = settings.toolchain
    with tempfile.TemporaryDirectory(prefix="mlgo-") as scratch:
        work = Path(scratch).resolve()
        package = fetch_package(recipe, version, work, settings)
        settings.progress(f"{name} {package.version}: building")
        build = recorded_build(recipe, package, toolchain, work, settings.jobs)
        graph = _run(build)
        origin = Origin("debian", name, package.version, package.dsc_sha256)
        built = FinishedBuild(name, origin, graph, package.folder, recipe.products)
        return assemble(built, settings)


def fetch_package(
    recipe: Recipe, version: str | None, work: Path, settings: Settings
) -> SourcePackage:
    """Fetches a package's source, of the version asked for or of our table's.

    A pin that the mirror has replaced meanwhile (Debian's point releases and security updates)
    gives way to the newest version, with a warning; a version that was asked for does not.

    Raises:
        UserError: see `mlgo.corpus.debian.fetch`.
    """
    state = paths.home() / "apt"
    download = work / "download"
    download.mkdir()
    wanted = version or recipe.version or None
    settings.progress(f"{recipe.name}: fetching")
    if not version and recipe.version:
        versions = available_versions(recipe.name, state)
        if versions and recipe.version not in versions:
            wanted = versions[-1]
            pinned = f"warning: {recipe.name} {recipe.version} is pinned"
            settings.progress(f"{pinned}, but the mirror now has {wanted}: taking that")
    return fetch(recipe.name, wanted, state, download, patch=recipe.patch)


def recorded_build(
    recipe: Recipe,
    package: SourcePackage,
    toolchain: Toolchain,
    work: Path,
    jobs: int,
    arguments: tuple[str, ...] = (),
    environment: tuple[tuple[str, str], ...] = (),
) -> Build:
    """Prepares a build whose compilers optimise for size and record what they are asked.

    Args:
        recipe: how to build.
        package: the source.
        toolchain: whose clang compiles.
        work: a folder for the compilers and their records.
        jobs: at most so many compiles at once.
        arguments: more arguments for every compile, e.g. a policy's.
        environment: added to the build's.
    """
    linker = f"--ld-path={toolchain.tool('ld.lld')}"
    appended = (*WRAPPER_FLAGS, linker, "-Wl,--undefined-version", *arguments)
    wrappers = make_wrappers(toolchain, work / "tools", appended)
    return Build(recipe, package.folder, wrappers, jobs, environment)


def _run(build: Build) -> BuildGraph:
    build.configure()
    error = build.build()
    graph = build_graph(read_records(build.wrappers.records))
    if not graph.products:
        why = error.replace(f"{build.source}/", "") or "no program or shared library was linked"
        raise UserError(
            f"building {build.recipe.name} gave nothing to link: {why}",
            hint="build it yourself and use `mlgo corpus add --compile-commands`",
            exit_code=1,
        )
    return graph


def _present(settings: Settings, name: str, version: str) -> Program | None:
    """The program that is in the corpus, if it is of that version and release, and has lines."""
    folder = settings.folder / name
    if settings.rebuild or not (folder / MANIFEST).exists():
        return None
    program = load_program(folder)
    same = program.origin.version == version or not version
    same &= program.release == settings.release and program.lines >= settings.lines
    return program if same else None
