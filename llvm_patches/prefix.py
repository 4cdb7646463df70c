"""The folder that a patched toolchain is installed to: it can be moved anywhere."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from llvm_patches.series import Series
from mlgo import models
from mlgo.errors import UserError
from mlgo.toolchain import Toolchain

MANIFEST = "share/mlgo/toolchain.json"

#: Tool -> the other names it is called by.
_LINKS = {
    "clang": ("clang++", "clang-cpp", "clang-{release}", "clang++-{release}"),
    "lld": ("ld.lld", "ld64.lld", "lld-link", "wasm-ld"),
}
# Of compiler-rt what plain programs need; sanitizers have the size of a compiler.
_RUNTIME = ("*clang_rt.crt*", "libclang_rt.builtins*", "libclang_rt.profile*")

# Problem -> flags, and what else the link with lld needs in link-time optimisation.
_FLAGS = {
    "inliner": ("-enable-ml-inliner=release", "-ml-inliner-embedded-model={name}"),
    "regalloc-evict": (
        "-regalloc-enable-advisor=release",
        "-regalloc-evict-embedded-model={name}",
    ),
    "regalloc-priority": (
        "-regalloc-enable-priority-advisor=release",
        "-regalloc-priority-embedded-model={name}",
    ),
}
_LICENCES = """\
Licences of what is in this toolchain
  bin/, lib/, include/  LLVM, Clang, lld and Polly: llvm.txt, clang.txt, lld.txt
  bin/                  statically linked zlib and Zstandard: zlib1g-dev.txt, libzstd-dev.txt
  bin/                  the embedded models, and TensorFlow's XLA run time for them: mlgo-suite.txt
  share/mlgo/           model cards and patches: mlgo-suite.txt; the patches as LLVM itself
"""


@dataclass(frozen=True)
class Contents:
    """What goes into a prefix.

    Attributes:
        version: of LLVM, e.g. "19.1.7".
        source: where LLVM's source came from, for the manifest.
        series: the patches.
        tools: tool -> its executable.
        tree: the patched source tree.
        toolchain: whose builtin headers and runtime are copied.
    """

    version: str
    source: str
    series: Series
    tools: dict[str, Path]
    tree: Path
    toolchain: Toolchain


def install(contents: Contents, prefix: Path, listing: Callable[[Path], str]) -> None:
    """Makes the prefix; one that is there already is replaced.

    Args:
        contents: what goes into it.
        prefix: the folder.
        listing: given clang's path, returns what -mlgo-print-models prints.

    Raises:
        UserError: `prefix` is a folder of something else.
    """
    if prefix.exists() and any(prefix.iterdir()) and not (prefix / MANIFEST).exists():
        raise UserError(f"{prefix} holds something else", hint="give an empty or new folder")
    partial = prefix.with_name(f".{prefix.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _install_tools(contents, partial / "bin")
        _install_resources(contents, partial)
        _install_headers(contents, partial / "include")
        models_inside = _parse_listing(listing(partial / "bin/clang"))
        _install_models(models_inside, partial)
        _install_licences(contents, partial / "share/licenses")
        _write_manifest(contents, models_inside, partial / MANIFEST)
        shutil.rmtree(prefix, ignore_errors=True)
        partial.rename(prefix)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def version_in(prefix: Path) -> str:
    """Returns LLVM's version in a prefix.

    Raises:
        UserError: it is no toolchain.
    """
    try:
        return str(json.loads((prefix / MANIFEST).read_text())["llvm"])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{prefix} is no toolchain", hint="mlgo toolchain build") from error


def _install_tools(contents: Contents, bindir: Path) -> None:
    bindir.mkdir(parents=True)
    for tool, path in contents.tools.items():
        shutil.copy2(path, bindir / tool)
        for name in _LINKS.get(tool, ()):
            (bindir / name.format(release=contents.series.release)).symlink_to(tool)


def _install_resources(contents: Contents, prefix: Path) -> None:
    """Clang's builtin headers, and what a plain program needs of compiler-rt."""
    release = str(contents.series.release)
    resources = contents.toolchain.bindir.parent / "lib/clang" / release
    target = prefix / "lib/clang" / release
    shutil.copytree(resources / "include", target / "include")
    shutil.copytree(resources / "share", target / "share")
    for pattern in _RUNTIME:
        for path in sorted((resources / "lib").rglob(pattern)):
            copy = target / "lib" / path.relative_to(resources / "lib")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def _install_headers(contents: Contents, include: Path) -> None:
    """The public headers that the series adds, for plugins that use them."""
    for name in contents.series.added():
        if name.startswith("llvm/include/"):
            target = include / Path(name).relative_to("llvm/include")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(contents.tree / name, target)


def _install_models(inside: list[dict[str, str]], prefix: Path) -> None:
    """A configuration file and, if it is a shipped one, the card of each model.

    clang looks for `--config=NAME.cfg` in the folder of its own executable.
    """
    for model in inside:
        name = model["name"]
        flags = [flag.format(name=name) for flag in _FLAGS[model["problem"]]]
        text = f"# {model['problem']} {name}: the model inside this compiler\n"
        compile_flags = "".join(f"-mllvm {flag}\n" for flag in flags)
        link_flags = "".join(f"-Wl,-mllvm,{flag}\n" for flag in flags)
        (prefix / f"bin/{name}.cfg").write_text(text + compile_flags)
        lto = f"{text}{compile_flags}-flto\n-fuse-ld=lld\n{link_flags}"
        (prefix / f"bin/{name}-lto.cfg").write_text(lto)
        if name in models.names():
            card = prefix / f"share/mlgo/models/{name}/card.json"
            card.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(models.folder(name) / "card.json", card)


def _install_licences(contents: Contents, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "README").write_text(_LICENCES)
    for name in ("llvm", "clang", "lld"):
        shutil.copyfile(contents.tree / name / "LICENSE.TXT", folder / f"{name}.txt")
    for package in ("zlib1g-dev", "libzstd-dev"):
        shutil.copyfile(f"/usr/share/doc/{package}/copyright", folder / f"{package}.txt")
    suite = importlib.metadata.distribution("mlgo-suite")
    licence = next(file for file in suite.files or () if file.name == "LICENSE")
    shutil.copyfile(Path(str(suite.locate_file(licence))), folder / "mlgo-suite.txt")


def _write_manifest(contents: Contents, inside: list[dict[str, str]], path: Path) -> None:
    patches = path.parent / "patches"
    patches.mkdir(parents=True, exist_ok=True)
    digests = {}
    for patch in contents.series.patches:
        shutil.copyfile(patch, patches / patch.name)
        digests[patch.name] = hashlib.sha256(patch.read_bytes()).hexdigest()
    manifest = {
        "llvm": contents.version,
        "source": contents.source,
        "patches": digests,
        "models": inside,
    }
    path.write_text(json.dumps(manifest, indent=1) + "\n")


def _parse_listing(text: str) -> list[dict[str, str]]:
    keys = ("problem", "name", "version", "sha256")
    rows = [line.replace("sha256:", "").split() for line in text.splitlines() if "sha256:" in line]
    return [dict(zip(keys, row, strict=True)) for row in rows]
