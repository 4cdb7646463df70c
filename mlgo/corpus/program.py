"""A program of the corpus: its modules, how it is linked, what did not compile."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from mlgo.errors import UserError

FORMAT = 1
MANIFEST = "program.json"
# In `Link.flags`: stands for the program's folder, e.g. in "-Wl,--version-script=".
PROGRAM_FOLDER = "@PROGRAM_FOLDER@"


@dataclass(frozen=True)
class Origin:
    """Where a program came from.

    Attributes:
        kind: "debian" (a source package) or "compile-commands" (the user's own build).
        name: the source package's name, or the compile_commands.json's path.
        version: the source package's version; empty for the user's own build.
        sha256: of the .dsc or of the compile_commands.json.
    """

    kind: Literal["debian", "compile-commands"]
    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Module:
    """One translation unit, as bitcode from before any optimisation.

    Attributes:
        name: unique in the program and usable as a file name, e.g. "src/lapi.c.o".
        source: the source file, relative to the program's source folder where possible.
        bitcode: path of the .bc file, relative to the program's folder.
        flags: what clang needs to turn the bitcode into the object of the original command,
            beside -Oz and -c, e.g. ("-ffunction-sections", "-fPIC").
        sha256: of the bitcode.
    """

    name: str
    source: str
    bitcode: str
    flags: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class Link:
    """One product of the program: an executable or a shared library.

    Static helper libraries are resolved to the objects they hold: `archives` lists them, and
    the linker takes from them only the members that it needs, as in the original link.

    Attributes:
        output: file name of the product, e.g. "lua" or "libre2.so.9".
        kind: "executable" or "shared".
        driver: "clang" or "clang++".
        objects: names of the modules linked directly, in order.
        archives: (archive name, module names) in link order.
        flags: remaining link flags (system libraries, -Wl, options), in order; the text
            PROGRAM_FOLDER in them stands for the program's folder.
        extra: objects or archives not made from modules (assembler files, a failed module's
            object built by the original command), paths relative to the program's folder.
    """

    output: str
    kind: Literal["executable", "shared"]
    driver: Literal["clang", "clang++"]
    objects: tuple[str, ...]
    archives: tuple[tuple[str, tuple[str, ...]], ...] = ()
    flags: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A source file that did not become a module: named, with the compiler's first error."""

    source: str
    error: str


@dataclass(frozen=True)
class Program:
    """A program in the corpus; stored as `program.json` in a folder of its own.

    Attributes:
        name: of the program, also its folder's name.
        release: major LLVM release that made the bitcode.
        lines: whether the bitcode holds source lines.
    """

    name: str
    origin: Origin
    release: int
    modules: tuple[Module, ...]
    links: tuple[Link, ...]
    failures: tuple[Failure, ...] = field(default=())
    lines: bool = False

    def save(self, folder: Path) -> None:
        """Writes `program.json`; atomic, same bytes for the same program."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True) + "\n"
        partial = folder / (MANIFEST + ".partial")
        partial.write_text(text)
        partial.rename(folder / MANIFEST)


def load_program(folder: Path) -> Program:
    """Reads a program's manifest from its folder.

    Raises:
        UserError: there is none, or it is not of this format.
    """
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_text())
        if raw.pop("format") != FORMAT:
            raise UserError(f"{path} has another format", hint="add the program again")
        return _from_json(raw)
    except FileNotFoundError as error:
        raise UserError(
            f"no program in {folder}", hint="add it with `mlgo corpus add`; see `mlgo corpus list`"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is malformed: {error}", hint="add the program again") from error


def _from_json(raw: dict[str, Any]) -> Program:
    return Program(
        name=raw["name"],
        origin=Origin(**raw["origin"]),
        release=raw["release"],
        modules=tuple(Module(**{**m, "flags": tuple(m["flags"])}) for m in raw["modules"]),
        links=tuple(_link_from_json(link) for link in raw["links"]),
        failures=tuple(Failure(**f) for f in raw["failures"]),
        lines=raw.get("lines", False),
    )


def _link_from_json(raw: dict[str, Any]) -> Link:
    archives = tuple((name, tuple(members)) for name, members in raw["archives"])
    tuples = {key: tuple(raw[key]) for key in ("objects", "flags", "extra")}
    return Link(**{**raw, **tuples, "archives": archives})
