"""Puts a program into the corpus: build it once, recorded; then bitcode and links."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mlgo import paths
from mlgo.corpus.build import link_program
from mlgo.corpus.buildsystem import Build
from mlgo.corpus.capture import make_wrappers, read_records
from mlgo.corpus.debian import SourcePackage, fetch
from mlgo.corpus.extract import (
    WRAPPER_FLAGS,
    Extraction,
    display_path,
    extract_module,
    module_names,
)
from mlgo.corpus.graph import BuildGraph, Compile, build_graph
from mlgo.corpus.links import LinkMaker
from mlgo.corpus.program import MANIFEST, Failure, Link, Module, Origin, Program, load_program
from mlgo.corpus.recipe import Recipe, find_recipe
from mlgo.errors import UserError
from mlgo.toolchain import Toolchain, find_toolchain

Progress = Callable[[str], None]


def _to_stderr(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def add_debian(
    name: str,
    version: str | None = None,
    *,
    corpus: Path | None = None,
    jobs: int = 2,
    release: int = 22,
    progress: Progress = _to_stderr,
) -> Program:
    """Adds a Debian source package to the corpus; returns at once if it is there already.

    Args:
        name: of the source package.
        version: wanted; our table's pin by default, or else the newest.
        corpus: the folder of programs; `mlgo.paths.corpus()` by default.
        jobs: at most so many compiles at once.
        release: LLVM release whose clang makes the bitcode.
        progress: is told what happens.

    Raises:
        UserError: it cannot be fetched, configured or built into at least one linked product.
    """
    recipe = find_recipe(name)
    corpus = corpus or paths.corpus()
    wanted = version or recipe.version
    toolchain = find_toolchain(release)
    present = _present(corpus / name, wanted, release)
    if present:
        progress(f"{name} {present.origin.version}: already in the corpus")
        return present
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mlgo-") as work:
        package = _fetch(recipe, version, Path(work), progress)
        origin = Origin("debian", name, package.version, package.dsc_sha256)
        build = _start_build(recipe, package, toolchain, Path(work), jobs)
        progress(f"{name} {package.version}: building")
        build.configure()
        error = build.build()
        graph = build_graph(read_records(build.wrappers.records))
        if not graph.products:
            raise UserError(
                f"building {name} gave no program or shared library: {error or 'no link was run'}",
                hint="build it yourself and use `mlgo corpus add --compile-commands`",
                exit_code=1,
            )
        root = build.source.resolve()
        return _assemble(
            name, origin, toolchain, graph, root, corpus, jobs, progress, recipe.products
        )


def _present(folder: Path, version: str, release: int) -> Program | None:
    """The program in a folder if it is of that version and release."""
    if not (folder / MANIFEST).exists():
        return None
    program = load_program(folder)
    same = program.origin.version == version or not version
    return program if same and program.release == release else None


def _fetch(recipe: Recipe, version: str | None, work: Path, progress: Progress) -> SourcePackage:
    state = paths.home() / "apt"
    download = work / "download"
    download.mkdir()
    progress(f"{recipe.name}: fetching")
    return fetch(recipe.name, version or recipe.version, state, download, patch=recipe.patch)


def _start_build(
    recipe: Recipe, package: SourcePackage, toolchain: Toolchain, work: Path, jobs: int
) -> Build:
    linker = f"--ld-path={toolchain.tool('ld.lld')}"
    appended = (*WRAPPER_FLAGS, linker, "-Wl,--undefined-version")
    wrappers = make_wrappers(toolchain, work / "tools", appended)
    return Build(recipe, package.folder, wrappers, jobs)


def _assemble(
    name: str,
    origin: Origin,
    toolchain: Toolchain,
    graph: BuildGraph,
    root: Path,
    corpus: Path,
    jobs: int,
    progress: Progress,
    wanted: tuple[str, ...],
) -> Program:
    """Makes the program's folder from a finished build; it appears whole or not at all."""
    partial = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=corpus))
    try:
        extraction = Extraction(toolchain, root, partial)
        modules, failures, names = _extract_all(extraction, graph, jobs, progress)
        maker = LinkMaker(graph, names, root, partial)
        links, unlinked = _make_links(maker, toolchain, wanted)
        if not links:
            raise UserError(f"{name}: no product can be linked again: {unlinked[0].error}")
        program = Program(
            name,
            origin,
            toolchain.release,
            tuple(sorted(modules, key=lambda m: m.name)),
            tuple(links),
            tuple(sorted(failures, key=lambda f: f.source)) + tuple(unlinked),
        )
        program.save(partial)
        partial.chmod(0o755)
        _replace(partial, corpus / name)
        counts = f"{len(modules)} modules, {len(links)} products"
        progress(f"{name}: {counts}, {len(program.failures)} failures")
        return program
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _extract_all(
    extraction: Extraction, graph: BuildGraph, jobs: int, progress: Progress
) -> tuple[list[Module], list[Failure], dict[str, str]]:
    """Makes all modules; returns them, the failures, and object path -> module name."""
    compiles = list(graph.compiles.values())
    sources = [c for c in graph.compiles if not graph.compiles[c].assembler]
    names = module_names(sorted(sources), extraction.root)

    def one(path: str) -> Module | Failure:
        return extract_module(extraction, graph.compiles[path], names[path])

    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(one, names))
    modules = [r for r in results if isinstance(r, Module)]
    failures = [r for r in results if isinstance(r, Failure)]
    failures += [_assembler_failure(c, extraction.root) for c in compiles if c.assembler]
    made = {module.name for module in modules}
    return modules, failures, {path: name for path, name in names.items() if name in made}


def _assembler_failure(compile_: Compile, root: Path) -> Failure:
    return Failure(display_path(compile_, root), "assembler: there is no bitcode for it")


def _make_links(
    maker: LinkMaker, toolchain: Toolchain, wanted: tuple[str, ...]
) -> tuple[list[Link], list[Failure]]:
    """Makes the links and tries each with the build's own objects."""
    links, failures = [], []
    with tempfile.TemporaryDirectory(prefix="mlgo-") as scratch:
        objects = Path(scratch) / "objects"
        for path, name in maker.names.items():
            (objects / name).parent.mkdir(parents=True, exist_ok=True)
            if Path(path).exists():
                (objects / name).symlink_to(path)
        for product in maker.graph.products.values():
            if wanted and Path(product.path).name not in wanted:
                continue
            try:
                link = maker.make(product)
                link_program(toolchain, maker.folder, link, objects, Path(scratch))
                links.append(link)
            except UserError as error:
                failures.append(Failure(Path(product.path).name, str(error)))
    return links, failures


def _replace(new: Path, folder: Path) -> None:
    """Puts a folder in place of another that may exist."""
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
        folder.rename(old / folder.name)
        new.rename(folder)
        shutil.rmtree(old)
    else:
        new.rename(folder)
