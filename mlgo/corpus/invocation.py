"""What one command line of the clang driver does: its inputs, output and flags."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# Options whose value is the next argument (when not joined to it). See clang's Options.td.
# fmt: off
_SEPARATE = frozenset((
    "-o", "-x", "-I", "-D", "-U", "-L", "-l", "-T", "-u", "-z", "-e", "-B", "-F", "-G", "-h",
    "-include", "-imacros", "-isystem", "-iquote", "-idirafter", "-isysroot", "-iprefix",
    "-iwithprefix", "-iwithprefixbefore", "-include-pch", "-MF", "-MT", "-MQ", "-MJ", "-Xclang",
    "-Xlinker", "-Xassembler", "-Xpreprocessor", "-mllvm", "-target", "-arch", "-framework",
    "--param", "--sysroot", "-aux-info", "-serialize-diagnostics", "-soname", "-rpath",
    "-rpath-link", "-dumpbase",
))
_COMPILED_SUFFIXES = frozenset((
    ".c", ".cc", ".cpp", ".cxx", ".c++", ".C", ".cp", ".m", ".mm", ".i", ".ii",
))
_ASSEMBLER_SUFFIXES = frozenset((".s", ".S", ".sx", ".asm"))
# fmt: on

InputKind = Literal["source", "assembler", "object"]


@dataclass(frozen=True)
class Input:
    """One input file of a command, as written there."""

    path: str
    kind: InputKind


@dataclass(frozen=True)
class Invocation:
    """A parsed command line of clang or clang++.

    Attributes:
        step: where it stops: "compile" (-c), "link", or "other" (-E, -S, --version, ...).
        words: inputs and options in order, but for -o; each option with its value.
        output: value of -o; empty if not given.
    """

    step: Literal["compile", "link", "other"]
    words: tuple[Input | tuple[str, ...], ...]
    output: str

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The input files in order."""
        return tuple(word for word in self.words if isinstance(word, Input))

    @property
    def options(self) -> tuple[tuple[str, ...], ...]:
        """The options in order, each with its value."""
        return tuple(word for word in self.words if not isinstance(word, Input))

    def output_of(self, source: str) -> str:
        """The object that compiling `source` writes: -o, or its stem with .o."""
        return self.output or Path(source).stem + ".o"


def parse(arguments: tuple[str, ...]) -> Invocation:
    """Parses the arguments of a clang driver (without the driver itself)."""
    words: list[Input | tuple[str, ...]] = []
    output, language = "", ""
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("-") or argument == "-":
            words.append(Input(argument, _kind(argument, language)))
            continue
        option = (argument, next(rest, "")) if argument in _SEPARATE else (argument,)
        if option[0].startswith("-o"):
            output = "".join(option)[2:]
            continue
        if option[0].startswith("-x"):
            language = "".join(option)[2:]
        words.append(option)
    return Invocation(_step(words), tuple(words), output)


def _kind(path: str, language: str) -> InputKind:
    """What an input is, by the -x before it or by its suffix."""
    if language and language != "none":
        return "assembler" if language.startswith("assembler") else "source"
    suffix = Path(path).suffix
    if suffix in _COMPILED_SUFFIXES:
        return "source"
    return "assembler" if suffix in _ASSEMBLER_SUFFIXES else "object"


def _step(words: list[Input | tuple[str, ...]]) -> Literal["compile", "link", "other"]:
    stops = {"-E", "-S", "-M", "-MM", "-fsyntax-only", "--version", "-v", "-###", "-emit-llvm"}
    inputs = [word.path for word in words if isinstance(word, Input)]
    names = {word[0] for word in words if not isinstance(word, Input)}
    if not inputs or "-" in inputs or names & stops:
        return "other"
    return "compile" if "-c" in names else "link"
