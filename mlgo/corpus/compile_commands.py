"""The user's own build: compile_commands.json, and how its products are linked."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlgo.corpus.assemble import FinishedBuild, Settings, assemble
from mlgo.corpus.capture import Record
from mlgo.corpus.graph import build_graph
from mlgo.corpus.program import Origin, Program
from mlgo.errors import UserError
from mlgo.process import run

_COMPILER = re.compile(r"(?:.*-)?(?:clang|clang\+\+|gcc|g\+\+|cc|c\+\+)(?:-\d+(?:\.\d+)*)?")
_ARCHIVER = re.compile(r"(?:.*-)?(?:gcc-)?ar(?:-\d+)?")
_LAUNCHERS = frozenset(("ccache", "sccache", "distcc", "time", "env", ":"))


def add_compile_commands(
    database: Path,
    name: str | None = None,
    links: tuple[str, ...] = (),
    settings: Settings | None = None,
) -> Program:
    """Adds a program from a build that lies on disk; the build itself is only read.

    Args:
        database: a compile_commands.json.
        name: of the program; by default that of the folder above the build and its sources.
        links: link commands, as in the build's log, run from the database's folder. By default
            they are taken from CMake's link.txt files or from `ninja -t commands`.
        settings: where to and how.

    Raises:
        UserError: the file cannot be read, is malformed, or no product can be linked.
    """
    settings = settings or Settings()
    database = database.absolute()
    compiles = _read_database(database)
    build = database.parent
    others = [r for link in links for r in _records(link, build)] or list(_find_links(build))
    graph = build_graph([*compiles, *others])
    if not graph.products:
        raise UserError(
            f"it is not known how the products of {build} are linked",
            hint="give a link command: --link 'clang++ a.o b.o -o app'",
        )
    root = _root(
        build,
        [
            Path(c.source) if c.source.startswith("/") else c.cwd / c.source
            for c in graph.compiles.values()
        ],
    )
    name = _safe_name(name or root.name)
    digest = hashlib.sha256(database.read_bytes()).hexdigest()
    origin = Origin("compile-commands", str(database), "", digest)
    settings.progress(f"{name}: {len(graph.compiles)} sources, {len(graph.products)} products")
    return assemble(FinishedBuild(name, origin, graph, root, own_objects=False), settings)


def _read_database(path: Path) -> list[Record]:
    try:
        entries = json.loads(path.read_text())
    except FileNotFoundError as error:
        hint = "cmake -DCMAKE_EXPORT_COMPILE_COMMANDS=ON writes one; for make, use `bear`"
        raise UserError(f"{path} does not exist", hint=hint) from error
    except (ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read: {error}", hint="is it cut short?") from error
    if not isinstance(entries, list) or not entries:
        raise UserError(f"{path} has no list of commands", hint="configure the build again")
    return [_record_of_entry(path, entry) for entry in entries]


def _record_of_entry(path: Path, entry: Any) -> Record:
    """See clang's documentation of the JSON compilation database for the keys."""
    try:
        directory = Path(path.parent, entry["directory"])
        argv = entry.get("arguments") or shlex.split(entry["command"])
        record = _record(list(map(str, argv)), directory)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise UserError(f"{path} has a malformed entry: {str(entry)[:100]}") from error
    if record is None:
        raise UserError(f"{path} has an entry without a known compiler: {str(entry)[:100]}")
    return record


def _find_links(build: Path) -> Iterator[Record]:
    """The archive and link commands of a CMake or Ninja build folder."""
    if (build / "build.ninja").exists():
        finished = run(["ninja", "-C", build, "-t", "commands"])
        for line in finished.log.splitlines():
            yield from (r for r in _records(line, build) if not _is_compile(r))
        return
    for path in sorted(build.rglob("link.txt"), key=_link_order):
        for line in path.read_text().splitlines():
            yield from _records(line, path.parents[2])


def _link_order(path: Path) -> tuple[bool, str]:
    """Archives come before the products that take them in."""
    first = path.read_text().partition(" ")[0]
    return (not _ARCHIVER.fullmatch(Path(first).name), str(path))


def _is_compile(record: Record) -> bool:
    return record.tool != "ar" and "-c" in record.arguments


def _records(command: str, cwd: Path) -> Iterator[Record]:
    """The compiler and archiver calls in one shell command line (parts joined by `&&`)."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UserError(f"this command is not understood: {command[:100]} ({error})") from error
    part: list[str] = []
    for word in [*words, "&&"]:
        if word != "&&":
            part.append(word)
            continue
        if part[:1] == ["cd"] and len(part) == 2:
            cwd = Path(cwd, part[1])
        elif record := _record(part, cwd):
            yield record
        part = []


def _record(argv: list[str], cwd: Path) -> Record | None:
    """The command as our tools would have recorded it; None if it is no compiler or archiver."""
    while argv and (Path(argv[0]).name in _LAUNCHERS or re.fullmatch(r"\w+=.*", argv[0])):
        argv = argv[1:]
    name = Path(argv[0]).name if argv else ""
    if _ARCHIVER.fullmatch(name):
        return Record("ar", 0, cwd, tuple(argv[1:]))
    if not _COMPILER.fullmatch(name):
        return None
    tool = "clang++" if "++" in name else "clang"
    return Record(tool, 0, cwd, tuple(_expand(argv[1:], cwd)))


def _expand(argv: list[str], cwd: Path) -> Iterator[str]:
    for word in argv:
        response = cwd / word[1:]
        if word.startswith("@") and response.exists():
            yield from shlex.split(response.read_text())
        else:
            yield word


def _root(build: Path, sources: list[Path]) -> Path:
    """The folder above the build and the sources in common; the build's if that is too high."""
    inside = [os.path.normpath(s) for s in sources if not s.is_relative_to("/usr")]
    common = Path(os.path.commonpath([str(build), *inside]))
    return common if len(common.parts) > 2 else build


def _safe_name(name: str) -> str:
    safe = re.sub(r"[^A-Za-z0-9_.+-]", "_", name).lstrip(".-")
    return safe or "program"
