"""The executable that runs a program's workloads, from the corpus's modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mlgo.corpus.build import link_program
from mlgo.corpus.debian import missing_packages
from mlgo.corpus.program import Link, Module, Program
from mlgo.errors import UserError
from mlgo.process import check, run
from mlgo.toolchain import Toolchain
from mlgo.workloads.table import ProgramWorkloads

DRIVERS = Path(__file__).parent / "drivers"


@dataclass(frozen=True)
class Executable:
    """What is linked into an executable.

    Attributes:
        link: its objects, all of the program's own libraries among them.
        modules: those of the program that it can need.
    """

    link: Link
    modules: tuple[Module, ...]


def executable_of(program: Program, workloads: ProgramWorkloads) -> Executable:
    """Returns what a program's executable is linked from.

    Shared libraries of the program become static, so that each build has its own code in them.

    Raises:
        UserError: the program has no such product.
    """
    links = {link.output: link for link in program.links}
    if workloads.product not in links:
        raise UserError(
            f"{program.name} has no product {workloads.product}",
            hint=f"it has {', '.join(links)}; add the program again or correct workloads.toml",
        )
    link = _static(links[workloads.product], links)
    if workloads.main:
        archives = (("main", link.objects), *link.archives) if _is_library(links, workloads) else ()
        link = replace(link, objects=(), archives=archives or link.archives)
    wanted = {*link.objects, *(name for _, members in link.archives for name in members)}
    return Executable(
        replace(link, kind="executable", output=program.name),
        tuple(module for module in program.modules if module.name in wanted),
    )


def _is_library(links: Mapping[str, Link], workloads: ProgramWorkloads) -> bool:
    return links[workloads.product].kind == "shared"


def _static(link: Link, links: Mapping[str, Link]) -> Link:
    """Takes the program's own shared libraries into a link, as archives."""
    archives, extra = list(link.archives), []
    for name in link.extra:
        inner = links.get(Path(name).name)
        if inner is None or inner.kind != "shared":
            extra.append(name)
            continue
        inner = _static(inner, links)
        archives += [(inner.output, inner.objects), *inner.archives]
        extra += [other for other in inner.extra if other not in extra]
    flags = [flag for flag in link.flags if not flag.startswith("-Wl,--version-script")]
    flags = _without_soname(flags) if link.kind == "shared" else flags
    return replace(link, archives=tuple(archives), extra=tuple(extra), flags=tuple(flags))


def _without_soname(flags: Sequence[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for flag in flags:
        if not skip and not flag.startswith("-Wl,-soname"):
            kept.append(flag)
        skip = flag == "-Wl,-soname"
    return kept


def link_executable(
    toolchain: Toolchain,
    folder: Path,
    executable: Executable,
    workloads: ProgramWorkloads,
    objects: Path,
    output: Path,
    arguments: tuple[str, ...] = (),
) -> Path:
    """Links the executable from objects, and our own sources compiled with stock at -O2.

    Args:
        toolchain: whose clang and lld link.
        folder: the program's, in the corpus.
        executable: what to link.
        workloads: of the program.
        objects: the folder of the modules' objects.
        output: the folder to write the executable to.
        arguments: more arguments for the driver, e.g. "-fprofile-generate".

    Raises:
        UserError: it does not link, or a package with headers is missing.
    """
    ours = [
        _compile_driver(toolchain, workloads, name, output)
        for name in (workloads.main, workloads.extra)
        if name
    ]
    link = executable.link
    plus = any(path.name.endswith(".cc.o") for path in ours)
    link = replace(
        link,
        driver="clang++" if plus else link.driver,
        extra=(*(str(path) for path in ours), *link.extra),
    )
    return link_program(toolchain, folder, link, objects, output, arguments=arguments)


def _compile_driver(
    toolchain: Toolchain, workloads: ProgramWorkloads, name: str, folder: Path
) -> Path:
    missing = missing_packages(workloads.needs)
    if missing:
        raise UserError(
            f"the workloads of {workloads.program} need {', '.join(missing)}",
            hint=f"apt-get install {' '.join(missing)}",
        )
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / f"{name}.o"
    compiler = toolchain.clangxx if name.endswith(".cc") else toolchain.clang
    argv: list[str | Path] = [compiler, "-O2", "-Wno-deprecated-declarations"]
    argv += [f"-I{path}" for path in workloads.includes]
    argv += ["-c", DRIVERS / name, "-o", output]
    check(run(argv), f"compiling {name}")
    return output
