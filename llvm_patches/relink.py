"""Compiles the patched files and links the tools from Debian's static libraries, with Ninja."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from llvm_patches.series import Series
from mlgo.errors import UserError
from mlgo.process import check, run
from mlgo.toolchain import Toolchain

#: Tool -> the folder of its sources, and whether they define TOOL_main instead of main.
_TOOLS = {
    "clang": ("clang/tools/driver", True),
    "lld": ("lld/tools/lld", True),
    "llc": ("llvm/tools/llc", False),
    "opt": ("llvm/tools/opt", False),
}

# Compiled again without libraries that another machine may not have: Z3 (for the static analyzer)
# and libxml2 (for the manifests of Windows programs).
_WITHOUT_LIBRARIES = (
    "llvm/lib/Support/Z3Solver.cpp",
    "llvm/lib/WindowsManifest/WindowsManifestMerger.cpp",
)
_CONFIG = '#include "llvm/Config/llvm-config.h"\n#undef LLVM_WITH_Z3\n'
_MAIN = """\
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/LLVMDriver.h"
int {tool}_main(int argc, char **argv, const llvm::ToolContext &);
int main(int argc, char **argv) {{
  llvm::InitLLVM X(argc, argv);
  return {tool}_main(argc, argv, {{argv[0], nullptr, false}});
}}
"""

_COMPILE = (
    *("-std=c++17", "-O2", "-DNDEBUG", "-fno-exceptions", "-funwind-tables", "-fPIC", "-w"),
    *("-fvisibility-inlines-hidden", "-ffunction-sections", "-fdata-sections"),
    *("-D_GNU_SOURCE", "-D__STDC_CONSTANT_MACROS", "-D__STDC_FORMAT_MACROS"),
    *("-D__STDC_LIMIT_MACROS", "-DLLVM_HAVE_EMBEDDED_MODELS"),
)
# Plugins take LLVM's symbols from the tool that loads them, hence --export-dynamic; LLVMGetVersion
# tells them which release that is. Two threads and dropped sections keep the link below 2 GB.
_LINK = (
    *("-fuse-ld=lld", "-Wl,--threads=2", "-Wl,--gc-sections", "-Wl,-s", "-Wl,--export-dynamic"),
    *("-Wl,--undefined=LLVMGetVersion", "-Wl,--exclude-libs=libz.a:libzstd.a"),
)
_SYSTEM = ("-lrt", "-ldl", "-lm", "-l:libz.a", "-l:libzstd.a")


@dataclass(frozen=True)
class Relink:
    """What a build needs.

    Attributes:
        tree: LLVM's source, patched.
        series: with which it was patched.
        models: the folder with EmbeddedModels.def.
        objects: the models' object files.
        toolchain: the installed LLVM, of the same version.
        work: the folder of the build.
    """

    tree: Path
    series: Series
    models: Path
    objects: list[Path]
    toolchain: Toolchain
    work: Path


@dataclass
class _Ninja:
    """The text of a build.ninja."""

    lines: list[str] = field(default_factory=list)

    def rule(self, name: str, command: list[str], **variables: str) -> None:
        self.lines += [f"rule {name}", f"  command = {' '.join(command)}"]
        self.lines += [f"  {key} = {value}" for key, value in variables.items()]

    def build(self, output: Path, rule: str, inputs: list[Path]) -> Path:
        names = " ".join(str(path).replace(" ", "$ ") for path in inputs)
        self.lines.append(f"build {str(output).replace(' ', '$ ')}: {rule} {names}")
        return output


def relink(build: Relink, jobs: int) -> dict[str, Path]:
    """Builds the tools; what is up to date is left alone, so that a second run is quick.

    Returns:
        Tool -> its path.

    Raises:
        UserError: static libraries or Ninja are missing, or a file does not compile or link.
    """
    ninja = shutil.which("ninja")
    if not ninja:
        raise UserError("ninja is not installed", hint="apt-get install ninja-build")
    libraries = _libraries(build.toolchain)
    build.work.mkdir(parents=True, exist_ok=True)
    _write(build.work / "stub/llvm/Config/config.h", _CONFIG)
    tools = _write_ninja(build, libraries)
    status = subprocess.run([ninja, "-C", str(build.work), f"-j{jobs}"], stdout=sys.stderr)
    if status.returncode != 0:
        raise UserError("building the patched LLVM failed: see above", exit_code=1)
    return tools


def _write_ninja(build: Relink, libraries: list[Path]) -> dict[str, Path]:
    file = _Ninja()
    compiler = shlex.quote(str(build.toolchain.clangxx))
    folders = [build.work / "stub", build.models, build.tree / "llvm/include"]
    folders += [build.toolchain.bindir.parent / "include", build.tree / "llvm/lib/CodeGen"]
    include = [f"-I{shlex.quote(str(folder))}" for folder in folders]
    # No path of this machine may be in the result.
    include.append(f"-ffile-prefix-map={shlex.quote(str(build.tree))}=.")
    command = [compiler, *_COMPILE, *include, "-MMD -MF $out.d -c $in -o $out"]
    file.rule("cc", command, depfile="$out.d", deps="gcc", description="compile $in")
    link = [compiler, *_LINK, "-o $out $in", *_SYSTEM]
    file.rule("link", link, description="link $out", pool="console")
    replaced = [*_replaced(build.series), *_WITHOUT_LIBRARIES]
    shared = [_compile(file, build, build.tree / name) for name in replaced]
    tools = {}
    for tool in _TOOLS:
        own = [_compile(file, build, source) for source in _sources(build, tool)]
        inputs = [*own, *shared, *build.objects, *libraries]
        tools[tool] = file.build(build.work / "bin" / tool, "link", inputs)
    _write(build.work / "build.ninja", "\n".join(file.lines) + "\n")
    return tools


def _compile(file: _Ninja, build: Relink, source: Path) -> Path:
    root = build.tree if source.is_relative_to(build.tree) else build.work
    output = build.work / "objects" / source.relative_to(root).with_suffix(".o")
    return file.build(output, "cc", [source])


def _replaced(series: Series) -> list[str]:
    """The sources of libraries that the series changes or adds."""
    names = [*series.changed(), *series.added()]
    return sorted(name for name in names if "/lib/" in name and name.endswith(".cpp"))


def _sources(build: Relink, tool: str) -> list[Path]:
    folder, has_driver = _TOOLS[tool]
    sources = sorted((build.tree / folder).glob("*.cpp"))
    if has_driver:
        main = build.work / "main" / f"{tool}.cpp"
        _write(main, _MAIN.format(tool=tool))
        sources.append(main)
    return sources


def _libraries(toolchain: Toolchain) -> list[Path]:
    argv: list[str | Path] = [toolchain.tool("llvm-config"), "--link-static", "--libfiles", "all"]
    files = check(run(argv), "llvm-config", hint=_hint(toolchain)).log.split()
    folder = toolchain.bindir.parent / "lib"
    front_ends = [*sorted(folder.glob("libclang*.a")), *sorted(folder.glob("liblld*.a"))]
    libraries = [*front_ends, *map(Path, files)]
    wanted = ("libclangDriver.a", "liblldELF.a", "libPolly.a", "libLLVMCore.a")
    names = {path.name for path in libraries if path.exists()}
    missing = [name for name in wanted if name not in names]
    if missing:
        raise UserError(f"the static library {missing[0]} is missing", hint=_hint(toolchain))
    return libraries


def _hint(toolchain: Toolchain) -> str:
    names = ("llvm-{0}-dev", "libclang-{0}-dev", "liblld-{0}-dev", "libpolly-{0}-dev")
    packages = " ".join(name.format(toolchain.release) for name in names)
    return f"apt-get install --no-install-recommends {packages} zlib1g-dev libzstd-dev"


def _write(path: Path, text: str) -> None:
    """Writes a file if its content differs, so that Ninja does not build again what uses it."""
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
