"""`mlgo toolchain`: a compiler with the policies inside, to hand on."""

from __future__ import annotations

import platform
from pathlib import Path

import click


@click.group()
def toolchain() -> None:
    """A clang of its own, with models inside: no plugin, no TensorFlow, no shared LLVM."""


@toolchain.command()
@click.option(
    "--prefix",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to install to; by default in the suite's own folder.",
)
@click.option(
    "--source",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="An LLVM source tree, which is only read; by default Debian's source package is fetched.",
)
@click.option("--release", default=19, show_default=True, help="LLVM's major release.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="PROBLEM:OBJECT",
    help="Embed this object (made by `mlgo export`) instead of the shipped policies; may be "
    "repeated. The first one of a problem is that problem's default.",
)
@click.option("--jobs", "-j", type=click.IntRange(1), default=2, show_default=True)
def build(
    prefix: Path | None, source: Path | None, release: int, models: tuple[str, ...], jobs: int
) -> None:
    r"""Build clang, opt, llc and lld with our patches and models; print the prefix.

    Takes minutes: only the patched files are compiled, and linked with Debian's static
    libraries (libclang-19-dev, liblld-19-dev, libpolly-19-dev, llvm-19-dev).

    \b
    prefix=$(mlgo toolchain build)
    $prefix/bin/clang -mllvm -mlgo-print-models
    $prefix/bin/clang -Oz -mllvm -enable-ml-inliner=release -c x.c
    mlgo toolchain build --model inliner:best.o --model inliner:other.o --prefix /opt/clang
    """
    from llvm_patches.build import build as build_toolchain
    from llvm_patches.embedded import parse

    chosen = [parse(model) for model in models] if models else None
    click.echo(build_toolchain(prefix, source, release, chosen, jobs))


@toolchain.command()
@click.argument("prefix", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Archive to write; by default named after LLVM's version and this machine.",
)
def pack(prefix: Path | None, output: Path | None) -> None:
    r"""Pack a toolchain (PREFIX, or the one built last) as a .tar.xz, and print its path.

    Compiler, models, clang configuration files, licences and model cards; it can be unpacked
    anywhere. The same prefix gives the same bytes.

    \b
    mlgo toolchain pack --output clang.tar.xz
    tar -C /opt -xf clang.tar.xz
    /opt/clang/bin/clang --config=inlining-size.cfg -Oz -c x.c
    """
    from llvm_patches.build import default_prefix
    from llvm_patches.pack import pack as pack_toolchain
    from llvm_patches.prefix import version_in

    prefix = prefix or default_prefix()
    if output is None:
        output = Path(f"mlgo-clang-{version_in(prefix)}-{platform.machine()}.tar.xz")
    pack_toolchain(prefix, output)
    click.echo(output)
