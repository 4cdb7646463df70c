"""What a build must be told to compile with a policy: flags, and files that build systems read."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlgo import models
from mlgo.errors import UserError
from mlgo.toolchain import Toolchain, find_toolchain

# A policy name that stands for LLVM's own decisions, taken through the plugin.
CONTROL = "default"


@dataclass(frozen=True)
class Flags:
    """The flags of one policy.

    Attributes:
        toolchain: whose clang they are for.
        compile: for every compile, and for the driver when it links.
        link: for the driver when it links only.
        environment: what the link needs beside flags: lld has no option for a plugin's options.
    """

    toolchain: Toolchain
    compile: tuple[str, ...]
    link: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


def make_flags(policy: str, plugin: Path, release: int, *, lto: bool = False) -> Flags:
    """Returns the flags that make a build follow a policy.

    Args:
        policy: the policy embedded in the plugin, or "default" for LLVM's own decisions.
        plugin: the built plugin.
        release: LLVM's major release.
        lto: for full link-time optimisation: the plugin is in the compiles and in the link.

    Raises:
        UserError: this release of LLVM is not installed, or gives the policy no place.
    """
    toolchain = find_toolchain(release)
    control = policy == CONTROL
    problems = set() if control else {models.problem(name) for name in policy.split("+")}
    if "regalloc" in problems and release < 22:
        raise UserError(
            f"Debian's LLVM {release} has no place for {policy}",
            hint="--release 22, or the compiler of `mlgo toolchain build`",
        )
    fast = problems == {"regalloc"}  # policies of inlining are for size
    compile_ = ["-O2" if fast else "-Oz", f"-fpass-plugin={plugin}"]
    if control:
        if release < 22:  # options are parsed before -fpass-plugin is loaded
            compile_ += ["-Xclang", "-load", "-Xclang", str(plugin)]
        compile_ += ["-mllvm", "-mlgo-policy=default"]
    link: list[str] = []
    if lto:
        compile_.append("-flto")
        link = [f"--ld-path={toolchain.tool('ld.lld')}", f"-Wl,--load-pass-plugin={plugin}"]
    environment = (("MLGO_POLICY", "default"),) if control and lto else ()
    return Flags(toolchain, tuple(compile_), tuple(link), environment)


def _shell(flags: Flags) -> str:
    """Assignments for `eval`; flags are added to those that are set, and quoted for sh."""
    tools = {"CC": flags.toolchain.clang, "CXX": flags.toolchain.clangxx, **_archivers(flags)}
    lines = [f"export {name}={shlex.quote(str(tool))}" for name, tool in tools.items()]
    added = {"CFLAGS": flags.compile, "CXXFLAGS": flags.compile, "LDFLAGS": flags.link}
    for name, words in added.items():
        if words:
            lines.append(f'export {name}="${{{name}:-}} "{shlex.quote(shlex.join(words))}')
    lines += [f"export {name}={shlex.quote(value)}" for name, value in flags.environment]
    return "\n".join(lines) + "\n"


def _clang_config(flags: Flags) -> str:
    """A clang configuration file, for `clang --config=FILE`."""
    quoted = [word.replace("\\", "\\\\").replace(" ", "\\ ") for word in flags.compile + flags.link]
    return "# For clang --config=FILE. A later -O on the command line wins: leave it out.\n" + (
        "".join(f"{word}\n" for word in quoted)
    )


def _cmake(flags: Flags) -> str:
    """A CMake toolchain file."""
    lines = [
        "# For cmake -DCMAKE_TOOLCHAIN_FILE=FILE.",
        f'set(CMAKE_C_COMPILER "{flags.toolchain.clang}")',
        f'set(CMAKE_CXX_COMPILER "{flags.toolchain.clangxx}")',
    ]
    lines += [f'set(CMAKE_{name} "{tool}")' for name, tool in _archivers(flags).items()]
    compile_, link = (_cmake_string(shlex.join(f)) for f in (flags.compile, flags.link))
    for language in ("C", "CXX"):
        lines.append(f'set(CMAKE_{language}_FLAGS_INIT "{compile_}")')
        for build_type in ("RELEASE", "MINSIZEREL"):  # CMake's own -O3 and -Os would win
            lines.append(f'set(CMAKE_{language}_FLAGS_{build_type} "-DNDEBUG" CACHE STRING "")')
    for product in ("EXE", "SHARED", "MODULE"):
        lines.append(f'set(CMAKE_{product}_LINKER_FLAGS_INIT "{link}")')
    return "\n".join(lines) + "\n"


def _cmake_string(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")


def _meson(flags: Flags) -> str:
    """A Meson native file."""
    tools = {"c": flags.toolchain.clang, "cpp": flags.toolchain.clangxx}
    archivers = {name.lower(): tool for name, tool in _archivers(flags).items()}
    options = {"args": flags.compile, "link_args": flags.compile + flags.link}
    lines = ["# For meson setup --native-file FILE, with --buildtype=plain.", "[binaries]"]
    lines += [f"{name} = {_meson_string(str(tool))}" for name, tool in (tools | archivers).items()]
    lines.append("[built-in options]")
    for language in tools:
        for name, words in options.items():
            lines.append(f"{language}_{name} = [{', '.join(map(_meson_string, words))}]")
    return "\n".join(lines) + "\n"


def _meson_string(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _make(flags: Flags) -> str:
    """Assignments for GNU make that hold whatever the makefile or the command line sets."""
    lines = ["# For make -f Makefile -f FILE, or `include FILE` as the makefile's last line."]
    tools = {"CC": flags.toolchain.clang, "CXX": flags.toolchain.clangxx, **_archivers(flags)}
    lines += [f"override {name} := {_make_string(str(tool))}" for name, tool in tools.items()]
    for name, words in (("CFLAGS", flags.compile), ("CXXFLAGS", flags.compile)):
        lines.append(f"override {name} += {_make_string(*words)}")
    if flags.link:
        lines.append(f"override LDFLAGS += {_make_string(*flags.compile, *flags.link)}")
    lines += [f"export {name} := {value}" for name, value in flags.environment]
    return "\n".join(lines) + "\n"


def _make_string(*words: str) -> str:
    return shlex.join(words).replace("$", "$$").replace("#", "\\#")


def _archivers(flags: Flags) -> dict[str, str]:
    """Archivers that can read bitcode, for LTO; the system's own otherwise."""
    if not flags.link:
        return {}
    return {n: str(flags.toolchain.tool(f"llvm-{n.lower()}")) for n in ("AR", "RANLIB", "NM")}


FORMATS: Mapping[str, Callable[[Flags], str]] = {
    "shell": _shell,
    "clang-config": _clang_config,
    "cmake": _cmake,
    "make": _make,
    "meson": _meson,
}


def write_flags(flags: Flags, form: str) -> str:
    """Returns the text that a build system reads.

    Args:
        flags: of a policy.
        form: one of FORMATS.

    Raises:
        UserError: a path that this format cannot hold.
    """
    words = flags.compile + flags.link
    if any(character in word for word in words for character in "\n\r"):
        raise UserError("the plugin's path has a line break", hint="choose another MLGO_HOME")
    return FORMATS[form](flags)
