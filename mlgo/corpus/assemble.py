"""From what a build did to a program's folder: modules, links, failures."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlgo import paths
from mlgo.corpus.build import compile_module, link_program
from mlgo.corpus.extract import Extraction, display_path, extract_module, module_names
from mlgo.corpus.graph import BuildGraph, Product
from mlgo.corpus.links import LinkMaker
from mlgo.corpus.program import Failure, Link, Module, Origin, Program
from mlgo.errors import UserError
from mlgo.parallel import parallel_map
from mlgo.policy import Policy
from mlgo.toolchain import DEFAULT_RELEASE, Toolchain, find_toolchain


def to_stderr(message: str) -> None:
    """Prints a line of progress."""
    print(message, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Settings:
    """How programs are added.

    Attributes:
        corpus: the folder of programs; None for `mlgo.paths.corpus()`.
        jobs: at most so many compiles at once.
        release: LLVM release whose clang makes the bitcode.
        rebuild: also what is in the corpus already.
        lines: keep source lines in the bitcode, for `mlgo explain`.
        progress: is told what happens.
    """

    corpus: Path | None = None
    jobs: int = 2
    release: int = DEFAULT_RELEASE
    rebuild: bool = False
    lines: bool = False
    progress: Callable[[str], None] = to_stderr

    @property
    def folder(self) -> Path:
        """The folder of programs."""
        return self.corpus or paths.corpus()

    @property
    def toolchain(self) -> Toolchain:
        """The LLVM that makes the bitcode."""
        return find_toolchain(self.release)


@dataclass(frozen=True)
class FinishedBuild:
    """A build that is over, with its files still there.

    Attributes:
        name: of the program.
        origin: where it came from.
        graph: what the build made from what.
        root: the folder above all that belongs to the program.
        products: names of the products to keep; all when empty.
        own_objects: whether the objects were made with our flags and can be linked as they are.
    """

    name: str
    origin: Origin
    graph: BuildGraph
    root: Path
    products: tuple[str, ...] = ()
    own_objects: bool = True


def assemble(built: FinishedBuild, settings: Settings) -> Program:
    """Makes a program's folder in the corpus; it appears whole, or not at all.

    Raises:
        UserError: nothing that the build made can be linked again.
    """
    with _new_folder(settings.folder, built.name) as folder:
        products = _wanted_products(built)
        objects = _wanted_objects(built, products)
        extraction = Extraction(settings.toolchain, built.root, folder, settings.lines)
        settings.progress(f"{built.name}: bitcode of {len(objects)} sources")
        results = _extract(extraction, built.graph, objects, settings)
        modules = {path: r for path, r in results.items() if isinstance(r, Module)}
        failures = [r for r in results.values() if isinstance(r, Failure)]
        names = {path: module.name for path, module in modules.items()}
        maker = LinkMaker(built.graph, names, built.root, folder)
        links, unlinked = _make_links(maker, products, modules, built.own_objects, settings)
        if not links:
            raise _nothing_linked(built.name, [*unlinked, *failures])
        program = Program(
            name=built.name,
            origin=built.origin,
            release=settings.release,
            modules=tuple(sorted(modules.values(), key=lambda module: module.name)),
            links=tuple(links),
            failures=(*sorted(failures, key=lambda failure: failure.source), *unlinked),
            lines=settings.lines,
        )
        program.save(folder)
    counts = f"{len(modules)} modules, {len(links)} products, {len(program.failures)} failures"
    settings.progress(f"{built.name}: {counts}")
    return program


def _nothing_linked(name: str, failures: list[Failure]) -> UserError:
    why = f"{failures[0].source}: {failures[0].error}" if failures else "the build links nothing"
    hint = "build it in full first; the product's link command must be known, see --link"
    return UserError(f"{name}: no product can be linked again: {why}", hint, exit_code=1)


def _wanted_products(built: FinishedBuild) -> list[Product]:
    """The products to keep: the last one of each name, in build order."""
    by_name = {Path(path).name: product for path, product in built.graph.products.items()}
    return [p for name, p in by_name.items() if not built.products or name in built.products]


def _wanted_objects(built: FinishedBuild, products: list[Product]) -> list[str]:
    """The objects that become modules: those in products; without a choice of products, all."""
    if not built.products:
        return list(built.graph.compiles)
    needed: dict[str, None] = {}
    for product in products:
        for path in product.paths(built.graph):
            needed |= dict.fromkeys([path, *product.archives.get(path, ())])
    return [path for path in built.graph.compiles if path in needed]


def _extract(
    extraction: Extraction, graph: BuildGraph, objects: Iterable[str], settings: Settings
) -> dict[str, Module | Failure]:
    """Makes a module, or tells why not, for every object."""
    names = module_names(sorted(objects), extraction.root)

    def one(path: str) -> Module | Failure:
        compile_ = graph.compiles[path]
        if compile_.assembler:
            source = display_path(compile_, extraction.root)
            return Failure(source, "assembler: there is no bitcode for it")
        return extract_module(extraction, compile_, names[path])

    ordered = list(names)
    return dict(zip(ordered, parallel_map(one, ordered, settings.jobs), strict=True))


def _make_links(
    maker: LinkMaker,
    products: list[Product],
    modules: dict[str, Module],
    own_objects: bool,
    settings: Settings,
) -> tuple[list[Link], list[Failure]]:
    """Makes the links, and keeps those that can be run again."""
    links, failures = [], []
    with tempfile.TemporaryDirectory(prefix="mlgo-") as scratch:
        objects = Path(scratch) / "objects"
        _place_objects(maker, modules, objects, own_objects, settings)
        for product in products:
            try:
                link = maker.make(product)
                link_program(settings.toolchain, maker.folder, link, objects, Path(scratch))
                links.append(link)
            except UserError as error:
                failures.append(Failure(Path(product.path).name, str(error)))
    return links, failures


def _place_objects(
    maker: LinkMaker,
    modules: dict[str, Module],
    objects: Path,
    own_objects: bool,
    settings: Settings,
) -> None:
    """Puts an object for every module where a link looks for it."""

    def one(path: str) -> None:
        output = objects / modules[path].name
        output.parent.mkdir(parents=True, exist_ok=True)
        if own_objects and Path(path).exists():
            output.symlink_to(path)
        else:
            stock = Policy("stock")
            compile_module(settings.toolchain, maker.folder, modules[path], stock, None, output)

    parallel_map(one, list(modules), settings.jobs)


@contextmanager
def _new_folder(corpus: Path, name: str) -> Iterator[Path]:
    """A folder that takes the program's place when the block ends well, and else vanishes."""
    corpus.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=corpus))
    try:
        yield partial
        partial.chmod(0o755)
        _replace(partial, corpus / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _replace(new: Path, folder: Path) -> None:
    if not folder.exists():
        new.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
    folder.rename(old / folder.name)
    new.rename(folder)
    shutil.rmtree(old)
