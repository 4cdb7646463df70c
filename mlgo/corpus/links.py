"""A build's linked products, told in terms of modules."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mlgo.corpus.graph import BuildGraph, Product, absolute
from mlgo.corpus.program import PROGRAM_FOLDER, Link
from mlgo.errors import UserError

# Linker options that only name places or by-products of the original link, or that we decide.
_DROPPED = re.compile(
    r"-R|--?rpath|-Map|--?dependency-file|--?out-implib|--?start-group|--?end-group|-\(|-\)"
    r"|--?fatal-warnings|--?build-id|--?gc-sections|--?print-|--?enable-new-dtags|-plugin|--?icf"
    r"|--?threads|--?gdb-index|--?compress-debug|-O\d|-no-whole-archive"
)
# fmt: off
_KEPT = frozenset((
    "-pthread", "-static", "-static-pie", "-pie", "-no-pie", "-nostdlib", "-nodefaultlibs",
    "-nostartfiles", "-rdynamic", "-fopenmp", "-static-libgcc", "-static-libstdc++",
    "-u", "-z", "-e",
))
# fmt: on
_DROPPED_WITH_VALUE = ("rpath", "rpath-link", "Map", "plugin")
_WITH_FILE = ("version-script", "dynamic-list", "retain-symbols-file")


@dataclass
class _Parts:
    """A `Link` while it is put together."""

    objects: list[str] = field(default_factory=list)
    archives: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    whole_archive: bool = False
    pending: str = ""  # an option whose value comes next


@dataclass
class LinkMaker:
    """Turns recorded links into `Link`s.

    Attributes:
        graph: what the build made.
        names: object path -> module name, for the objects that became modules.
        root: the build's root folder; what lies outside belongs to the system.
        folder: the program's folder; files that a link needs are copied to `extra/` there.
    """

    graph: BuildGraph
    names: dict[str, str]
    root: Path
    folder: Path
    _copies: dict[str, str] = field(default_factory=dict)

    def make(self, product: Product) -> Link:
        """Returns one product's link.

        Raises:
            UserError: a file that it needs is gone.
        """
        parts = _Parts()
        for word in product.words:
            if word[0].startswith("-"):
                self._add_option(parts, product, word)
            else:
                self._add_file(parts, product, word[0])
        kind: Literal["executable", "shared"] = "shared" if product.shared else "executable"
        driver: Literal["clang", "clang++"] = "clang++" if product.driver == "clang++" else "clang"
        return Link(
            output=Path(product.path).name,
            kind=kind,
            driver=driver,
            objects=tuple(dict.fromkeys(parts.objects)),
            archives=tuple(dict.fromkeys(parts.archives)),
            flags=tuple(parts.flags),
            extra=tuple(dict.fromkeys(parts.extra)),
        )

    def _add_file(self, parts: _Parts, product: Product, path: str) -> None:
        if path in self.names:
            parts.objects.append(self.names[path])
        elif path in product.archives:
            self._add_archive(parts, product, path)
        elif Path(path).is_relative_to(self.root):
            parts.extra.append(self._copy(path))
        else:
            parts.flags.append(path)

    def _add_archive(self, parts: _Parts, product: Product, path: str) -> None:
        members = [self.names[m] for m in product.archives[path] if m in self.names]
        others = [m for m in product.archives[path] if m not in self.names]
        if parts.whole_archive:
            parts.objects += members
        elif members:
            parts.archives.append((Path(path).name, tuple(members)))
        parts.extra += [self._copy(member) for member in others]

    def _add_option(self, parts: _Parts, product: Product, option: tuple[str, ...]) -> None:
        name = option[0]
        if name.startswith("-Wl,"):
            self._add_linker_options(parts, product, name.split(",")[1:])
        elif name == "-Xlinker":
            self._add_linker_options(parts, product, [option[1]])
        elif name.startswith("-l"):
            self._add_library(parts, product, "".join(option)[2:])
        elif name in _KEPT or name.startswith("-m"):
            parts.flags += option

    def _add_linker_options(self, parts: _Parts, product: Product, words: list[str]) -> None:
        for word in words:
            if parts.pending:  # this word is its value, perhaps in a -Wl, of its own
                self._add_with_value(parts, product, parts.pending, word)
                parts.pending = ""
            elif word.lstrip("-") in (*_DROPPED_WITH_VALUE, *_WITH_FILE):
                parts.pending = word
            elif word.partition("=")[0].lstrip("-") in _WITH_FILE:
                self._add_with_value(parts, product, *word.split("=", 1))
            elif word.endswith("-whole-archive"):
                parts.whole_archive = "no-" not in word
            elif not _DROPPED.match(word):
                parts.flags.append(f"-Wl,{word}")

    def _add_with_value(self, parts: _Parts, product: Product, option: str, value: str) -> None:
        if option.lstrip("-") in _WITH_FILE:
            copy = self._copy(absolute(product.cwd, value))
            parts.flags.append(f"-Wl,{option}={PROGRAM_FOLDER}/{copy}")

    def _add_library(self, parts: _Parts, product: Product, name: str) -> None:
        path = product.library(name, self.graph) or self._unrecorded_library(product, name)
        if path:
            self._add_file(parts, product, path)
        else:
            parts.flags.append(f"-l{name}")

    def _unrecorded_library(self, product: Product, name: str) -> str | None:
        """A library in the build's folders whose making was not seen, as for renamed files."""
        for folder in product.library_folders:
            for suffix in ("so", "a"):
                path = Path(f"{folder}/lib{name}.{suffix}").resolve()
                if path.exists() and path.is_relative_to(self.root):
                    return str(path)
        return None

    def _copy(self, path: str) -> str:
        """Copies a file of the build to `extra/`; returns its path in the program's folder."""
        if path not in self._copies:
            source = Path(path)
            if not source.exists():
                raise UserError(f"{path} is gone after the build", exit_code=1)
            taken = set(self._copies.values())
            name, number = f"extra/{source.name}", 1
            while name in taken:
                number += 1
                name = f"extra/{source.stem}.{number}{source.suffix}"
            (self.folder / "extra").mkdir(exist_ok=True)
            shutil.copyfile(source.resolve(), self.folder / name)
            self._copies[path] = name
        return self._copies[path]
