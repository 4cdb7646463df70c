"""Writes down every command of a build, whatever its build system is.

A build gets compilers and an archiver that are small shell scripts: each runs the real tool and
then writes its arguments, NUL-separated, to a folder. Unlike a compile_commands.json this also
tells what was archived and linked, and works with any build system that honours CC, CXX and AR.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from mlgo.errors import UserError
from mlgo.toolchain import Toolchain

# Set while the build proper runs, unset while it is configured: probes are not recorded.
RECORDS_VARIABLE = "MLGO_RECORDS"

_SCRIPT = """\
#!/bin/sh
# Runs the tool as asked, then writes down what was asked, where, and how it ended.
{tool} "$@"{appended}
code=$?
[ -n "${{{variable}:-}}" ] || exit $code
record=$(mktemp "${variable}/XXXXXXXXXX") || exit 1
for argument in "$@"; do
  case $argument in @*) cp -- "${{argument#@}}" "$record.$(basename "$argument")" ;; esac
done
printf '%s\\0' {name} "$code" "$(pwd -P)" "$@" >"$record" || exit 1
exit $code
"""


@dataclass(frozen=True)
class Record:
    """One command of a build.

    Attributes:
        tool: "clang", "clang++" or "ar".
        code: its exit code.
        cwd: the folder it ran in.
        arguments: without the tool itself; response files are expanded.
    """

    tool: str
    code: int
    cwd: Path
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Wrappers:
    """The recording tools.

    Attributes:
        cc, cxx, ar: their paths.
        records: the folder they write to.
    """

    cc: Path
    cxx: Path
    ar: Path
    records: Path


def make_wrappers(toolchain: Toolchain, folder: Path, appended: tuple[str, ...]) -> Wrappers:
    """Writes the recording tools.

    Args:
        toolchain: whose tools are run.
        folder: to write to, without a space in its path (most builds split CC at spaces).
        appended: arguments for the compilers that come after the build's own and so win.

    Raises:
        UserError: the folder's path has a space.
    """
    if any(character.isspace() for character in str(folder)):
        raise UserError(
            f"most builds cannot run compilers from a path with spaces: {folder}",
            hint="set TMPDIR to a folder without",
        )
    records = folder / "records"
    records.mkdir(parents=True)
    paths = {}
    for name, tool in (("clang", "clang"), ("clang++", "clang++"), ("ar", "llvm-ar")):
        flags = "" if name == "ar" else "".join(f" {shlex.quote(f)}" for f in appended)
        path = folder / name
        path.write_text(
            _SCRIPT.format(
                tool=shlex.quote(str(toolchain.tool(tool))),
                appended=flags,
                variable=RECORDS_VARIABLE,
                name=name,
            )
        )
        path.chmod(0o755)
        paths[name] = path
    return Wrappers(paths["clang"], paths["clang++"], paths["ar"], records)


def read_records(folder: Path) -> list[Record]:
    """Returns the recorded commands in the order in which they ended."""
    paths = [p for p in folder.iterdir() if "." not in p.name and p.stat().st_size]
    paths.sort(key=lambda p: (p.stat().st_mtime_ns, p.name))
    return [_read_record(path) for path in paths]


def _read_record(path: Path) -> Record:
    tool, code, cwd, *arguments = path.read_bytes().decode(errors="surrogateescape").split("\0")
    expanded: list[str] = []
    for argument in arguments[:-1]:  # the last NUL ends the list
        if argument.startswith("@"):
            response = path.with_name(f"{path.name}.{Path(argument).name}")
            expanded += shlex.split(response.read_text())
        else:
            expanded.append(argument)
    return Record(tool, int(code), Path(cwd), tuple(expanded))
