"""What a build made from what: recorded commands -> compiles, archives, linked products."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mlgo.corpus.capture import Record
from mlgo.corpus.invocation import Input, Invocation, parse

# Outputs of probes that CMake, autoconf and Meson compile to learn about the system.
_PROBE = re.compile(
    r"/CMakeFiles/(\d+\.[\d.]+/CompilerId|CMakeTmp|CMakeScratch|_CMakeLTOTest)|/conftest|/meson-private/"
)


@dataclass(frozen=True)
class Compile:
    """One source compiled to one object.

    Attributes:
        driver: "clang" or "clang++".
        cwd: where the command ran.
        source: the input, as written in the command.
        assembler: whether the source is assembler, which has no bitcode.
        object: absolute path of the output.
        options: the command's options, each with its value.
        failed: whether the command failed.
    """

    driver: str
    cwd: Path
    source: str
    assembler: bool
    object: str
    options: tuple[tuple[str, ...], ...]
    failed: bool = False


@dataclass(frozen=True)
class Product:
    """One recorded link.

    Attributes:
        driver: "clang" or "clang++".
        cwd: where the command ran.
        path: absolute path of the product.
        words: absolute paths of objects, archives and libraries, and options each with its
            value, in order; a path is a tuple of one.
        archives: archive path -> paths of its objects, as they were at that moment.
    """

    driver: str
    cwd: Path
    path: str
    words: tuple[tuple[str, ...], ...]
    archives: dict[str, tuple[str, ...]]

    @property
    def shared(self) -> bool:
        """Whether it is a shared library."""
        return ("-shared",) in self.words

    @property
    def library_folders(self) -> list[str]:
        """The folders named by -L, in order."""
        return [absolute(self.cwd, "".join(w)[2:]) for w in self.words if w[0].startswith("-L")]

    def library(self, name: str, graph: BuildGraph) -> str | None:
        """Returns the path of a library that -l names, if this build made it."""
        for folder in self.library_folders:
            for suffix in ("so", "a"):
                path = f"{folder}/lib{name}.{suffix}"
                if path in self.archives or path in graph.products:
                    return path
        return None

    def paths(self, graph: BuildGraph) -> list[str]:
        """Returns the files of this link: those named, and libraries that the build made."""
        found = [word[0] for word in self.words if not word[0].startswith("-")]
        names = ["".join(word)[2:] for word in self.words if word[0].startswith("-l")]
        libraries = [self.library(name, graph) for name in names]
        return found + [path for path in libraries if path]


@dataclass
class BuildGraph:
    """All that a build did.

    Attributes:
        compiles: object path -> how it was made, in build order.
        archives: archive path -> paths of its objects.
        products: product path -> how it was linked, in build order.
    """

    compiles: dict[str, Compile] = field(default_factory=dict)
    archives: dict[str, tuple[str, ...]] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Takes in the next command of the build."""
        if record.tool == "ar":
            if record.code == 0:
                self._add_archive(record)
            return
        invocation = parse(record.arguments)
        if invocation.step != "other":
            self._add_command(record, invocation)

    def _add_command(self, record: Record, invocation: Invocation) -> None:
        target = absolute(record.cwd, invocation.output or "a.out")
        if _PROBE.search(target):
            return
        words: list[tuple[str, ...]] = []
        for word in invocation.words:
            if not isinstance(word, Input):
                words.append(word)
            elif word.kind == "object":
                words.append((absolute(record.cwd, word.path),))
            else:
                words.append((self._add_compile(record, invocation, word),))
        if invocation.step == "link" and record.code == 0:
            archives = dict(self.archives)
            product = Product(record.tool, record.cwd, target, tuple(words), archives)
            self.products[target] = product

    def _add_compile(self, record: Record, invocation: Invocation, item: Input) -> str:
        if invocation.step == "link":  # compiled and linked at once: the object had no name
            name = f"{invocation.output or 'a.out'}.parts/{Path(item.path).name}.o"
        else:
            name = invocation.output_of(item.path)
        path = absolute(record.cwd, name)
        self.compiles.pop(path, None)  # the last one counts, at its place in the order
        self.compiles[path] = Compile(
            driver=record.tool,
            cwd=record.cwd,
            source=item.path,
            assembler=item.kind == "assembler",
            object=path,
            options=invocation.options,
            failed=record.code != 0,
        )
        return path

    def _add_archive(self, record: Record) -> None:
        """Follows `ar r`, `q` (add) and `x` (extract), as CMake, make and libtool use them."""
        words = [a for a in record.arguments if not a.startswith("--")]
        if len(words) < 2:
            return
        operation, archive = words[0].lstrip("-"), absolute(record.cwd, words[1])
        members = [absolute(record.cwd, word) for word in words[2:]]
        known = self.archives.get(archive, ())
        if "x" in operation:
            self._extract(record.cwd, known, words[2:])
        elif "q" in operation:
            self.archives[archive] = (*known, *members)
        elif "r" in operation:
            names = {Path(member).name for member in members}
            kept = [k for k in known if Path(k).name not in names]
            self.archives[archive] = (*kept, *members)

    def _extract(self, cwd: Path, members: Iterable[str], wanted: list[str]) -> None:
        for member in members:
            name = Path(member).name
            if (not wanted or name in wanted) and member in self.compiles:
                self.compiles.setdefault(absolute(cwd, name), self.compiles[member])


def absolute(cwd: Path, path: str) -> str:
    """The normalised absolute path of what a command names."""
    return os.path.normpath(cwd / path)


def build_graph(records: Iterable[Record]) -> BuildGraph:
    """Returns what the recorded commands made."""
    graph = BuildGraph()
    for record in records:
        graph.add(record)
    return graph
