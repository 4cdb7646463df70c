"""Modules of pre-inlining bitcode, by running a build's compile commands once more."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from mlgo.corpus.graph import Compile
from mlgo.corpus.program import Failure, Module
from mlgo.errors import UserError
from mlgo.process import reason, run
from mlgo.toolchain import Toolchain

# Comes after a build's own flags and so decides: size, no debug information, and sections that
# --gc-sections can drop one by one. Old code meets errors that were warnings in its time.
SIZE_FLAGS = ("-Oz", "-ffunction-sections", "-fdata-sections", "-g0", "-fno-lto")
WRAPPER_FLAGS = (*SIZE_FLAGS, "-Wno-error", "-Wno-unused-command-line-argument")

# Options that only write files beside the object, with their number of values.
_SIDE_OUTPUT = {"-MD": 0, "-MMD": 0, "-MP": 0, "-MF": 1, "-MT": 1, "-MQ": 1, "-MJ": 1}
# -f options that are spent once there is bitcode, or have nothing to do with code.
_SPENT = re.compile(
    r"-f(no-)?(diagnostics|color-diagnostics|message-length|max-errors|ansi-escape-codes|lto"
    r"|macro-prefix-map|file-prefix-map|debug|visibility|syntax-only|pch|modules|module-"
    r"|dependency-file|working-directory|save-optimization-record|crash-diagnostics|permissive"
    r"|gnu89-inline|rtti|char8_t|signed-char|unsigned-char|short-enums|template-depth"
    r"|function-sections|data-sections|time-report|proc-stat-report|use-ld)"
)


@dataclass(frozen=True)
class Extraction:
    """Where modules are put.

    Attributes:
        toolchain: whose clang makes them.
        root: the build's root folder: paths below it are made relative.
        folder: the program's folder.
        lines: keep source lines; code is the same with and without.
    """

    toolchain: Toolchain
    root: Path
    folder: Path
    lines: bool = False


def codegen_flags(options: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Returns the options that still matter when the input is bitcode, in order.

    Most of what decides code generation is in the bitcode (attributes, module flags); the
    relocation model, builtins, vectorisers, floating-point and target options are not.
    """
    kept = [option for option in options if _decides_code(option[0])]
    last = list(dict.fromkeys(reversed(kept)))  # of equal options the last one counts
    flat = [word for option in reversed(last) for word in option]
    return (*flat, "-ffunction-sections", "-fdata-sections")


def _decides_code(name: str) -> bool:
    if name == "-target" or name.startswith(("-m", "--target=")):
        return True
    return name.startswith("-f") and not _SPENT.match(name)


def bitcode_command(extraction: Extraction, compile_: Compile, output: Path) -> list[str]:
    """Returns the command that makes a module's bitcode; it runs in the compile's folder."""
    source = _relative_source(compile_, extraction.root)
    argv = [str(extraction.toolchain.tool(compile_.driver))]
    for option in compile_.options:
        if option[0] not in (*_SIDE_OUTPUT, "-c", "-shared") and not option[0].startswith("-Wp,-M"):
            argv += option
    argv += [*WRAPPER_FLAGS, f"-ffile-prefix-map={extraction.root}=."]
    argv += ["-gline-tables-only"] if extraction.lines else []
    argv += ["-Xclang", "-disable-llvm-passes", "-emit-llvm", "-c", source, "-o", str(output)]
    return argv


def _relative_source(compile_: Compile, root: Path) -> str:
    """The source as seen from the compile's folder, so that bitcode does not hold the root."""
    path = Path(compile_.source)
    if path.is_absolute() and path.is_relative_to(root):
        return os.path.relpath(path, compile_.cwd)
    return compile_.source


def extract_module(extraction: Extraction, compile_: Compile, name: str) -> Module | Failure:
    """Makes one module; a compile that fails is returned as a `Failure`, with its first error."""
    source = display_path(compile_, extraction.root)
    bitcode = Path("bitcode") / f"{name.removesuffix('.o')}.bc"
    output = extraction.folder / bitcode
    output.parent.mkdir(parents=True, exist_ok=True)
    finished = run(bitcode_command(extraction, compile_, output), cwd=compile_.cwd)
    if finished.code != 0 or not output.exists():
        output.unlink(missing_ok=True)
        if "No space left" in finished.log:
            raise UserError(f"no space left for {output}", hint="free some space", exit_code=1)
        return Failure(source, reason(finished).replace(f"{extraction.root}/", ""))
    digest = hashlib.sha256(output.read_bytes()).hexdigest()
    return Module(name, source, str(bitcode), codegen_flags(compile_.options), digest)


def display_path(compile_: Compile, root: Path) -> str:
    """The source's path relative to the build's root where possible."""
    path = os.path.normpath(compile_.cwd / compile_.source)
    return os.path.relpath(path, root) if Path(path).is_relative_to(root) else path


def module_names(objects: list[str], root: Path) -> dict[str, str]:
    """Gives each object path a unique name that is a safe relative file name.

    CMake's and libtool's own folders (CMakeFiles/x.dir, .libs) are kept out of the names.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path in objects:
        relative = os.path.relpath(path, root) if Path(path).is_relative_to(root) else path
        short = re.sub(
            r"(?:^|/)(?:CMakeFiles|\.libs|\.parts)(?=/)|(?<=[^/])\.(?:dir|p)(?=/)", "", relative
        )
        short = re.sub(r"[^A-Za-z0-9_.+/-]", "_", short.replace("..", "__")).strip("/")
        stem, number = short.removesuffix(".o"), 1
        while (name := f"{stem}{'' if number == 1 else f'.{number}'}.o") in taken:
            number += 1
        taken.add(name)
        names[path] = name
    return names
