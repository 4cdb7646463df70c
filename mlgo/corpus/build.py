"""From a program's modules to objects under a policy, and to its linked products."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlgo.corpus.elf import text_size
from mlgo.corpus.program import PROGRAM_FOLDER, Link, Module, Program
from mlgo.errors import UserError
from mlgo.parallel import parallel_map
from mlgo.policy import Policy
from mlgo.process import Finished, check, run
from mlgo.toolchain import Toolchain

__all__ = [
    "CompileResult",
    "compile_command",
    "compile_module",
    "compile_program",
    "link_program",
    "text_size",
]


@dataclass(frozen=True)
class CompileResult:
    """One module's object.

    Attributes:
        object: its path.
        seconds: CPU time of the compiler, user and system.
        remarks: what the compiler wrote to stderr.
    """

    object: Path
    seconds: float
    remarks: str


def compile_module(
    toolchain: Toolchain,
    folder: Path,
    module: Module,
    policy: Policy,
    plugin: Path | None,
    output: Path,
    *,
    timeout: float | None = None,
    arguments: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> CompileResult:
    """Compiles one module's bitcode at -Oz under a policy.

    Args:
        toolchain: whose clang compiles.
        folder: the program's folder.
        module: of that program.
        policy: what decides about inlining.
        plugin: the pass plugin; may be None for the "stock" policy only.
        output: the object file to write; its folder is made. Nothing is left there on failure.
        timeout: wall seconds, after which the compile counts as failed.
        arguments: more arguments for clang, e.g. "-emit-llvm" or "-Rpass=inline".
        environment: added to ours and to the policy's.

    Raises:
        UserError: the compile failed; holds the compiler's first error.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.name}.{os.getpid()}.partial")
    argv = compile_command(toolchain, folder, module, policy, plugin, partial, arguments)
    try:
        env = {**policy.environment(), **(environment or {})}
        finished = run(argv, env=env, timeout=timeout)
        _check_compile(finished, module, timeout)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    return CompileResult(output, finished.seconds, finished.log)


def compile_command(
    toolchain: Toolchain,
    folder: Path,
    module: Module,
    policy: Policy,
    plugin: Path | None,
    output: Path,
    arguments: tuple[str, ...] = (),
) -> list[str | Path]:
    """Returns the command of `compile_module`; the policy's environment belongs to it."""
    argv: list[str | Path] = [toolchain.clang, *_policy_arguments(policy, plugin), "-Oz"]
    argv += [*module.flags, *arguments]
    argv += ["-Wno-unused-command-line-argument", "-Wno-override-module"]
    argv += ["-fno-crash-diagnostics"]  # a crash leaves nothing in TMPDIR
    return [*argv, "-c", folder / module.bitcode, "-o", output]


def compile_program(
    toolchain: Toolchain,
    folder: Path,
    program: Program,
    policy: Policy,
    plugin: Path | None,
    objects: Path,
    *,
    jobs: int = 1,
    timeout: float | None = None,
) -> dict[str, CompileResult]:
    """Compiles all modules of a program to `objects / module.name`.

    Returns:
        module name -> result, in the order of the program's modules.

    Raises:
        UserError: a module failed; the others that had started are finished first.
    """

    def one(module: Module) -> CompileResult:
        output = objects / module.name
        return compile_module(toolchain, folder, module, policy, plugin, output, timeout=timeout)

    results = parallel_map(one, program.modules, jobs)
    return {m.name: result for m, result in zip(program.modules, results, strict=True)}


def link_program(
    toolchain: Toolchain,
    folder: Path,
    link: Link,
    objects: Path,
    output: Path,
    *,
    arguments: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> Path:
    """Links one product with lld from objects made by `compile_program`.

    Static archives of the program are given to lld as `--start-lib ... --end-lib`: the same
    members are taken as from an archive, and none needs to be written.

    Args:
        toolchain: whose clang and lld link.
        folder: the program's folder.
        link: of that program.
        objects: the folder with `module.name` objects (or bitcode, for an LTO link).
        output: the folder to write the product to; it is made.
        arguments: more arguments for the driver, e.g. "-flto".
        environment: added to ours, e.g. a policy's for a plugin in an LTO link.

    Returns:
        The product's path, `output / link.output`.

    Raises:
        UserError: the link failed; holds the linker's first error.
    """
    product = output / link.output
    product.parent.mkdir(parents=True, exist_ok=True)
    partial = product.with_name(f".{product.name}.{os.getpid()}.partial")
    argv: list[str | Path] = [toolchain.tool(link.driver), f"--ld-path={toolchain.tool('ld.lld')}"]
    argv += ["-shared"] if link.kind == "shared" else []
    argv += ["-Wl,--gc-sections", "-Wl,--undefined-version", *arguments]
    argv += [
        "-Wno-unused-command-line-argument",
        "-o",
        partial,
        *link_inputs(folder, link, objects),
    ]
    try:
        hint = "compile all modules of the program first"
        check(run(argv, env=environment), f"linking {link.output}", hint=hint)
        partial.replace(product)
    finally:
        partial.unlink(missing_ok=True)
    return product


def link_inputs(folder: Path, link: Link, objects: Path) -> list[str | Path]:
    """Returns the objects, archives and flags of a link as the driver takes them."""
    inputs: list[str | Path] = [objects / name for name in link.objects]
    inputs += [folder / name for name in link.extra]
    for _, members in link.archives:
        inputs += ["-Wl,--start-lib", *(objects / name for name in members), "-Wl,--end-lib"]
    inputs += [flag.replace(PROGRAM_FOLDER, str(folder)) for flag in link.flags]
    return inputs


def _policy_arguments(policy: Policy, plugin: Path | None) -> list[str]:
    if plugin is None:
        if policy.kind != "stock":
            raise ValueError(f"the policy {policy.kind!r} needs a plugin")
        return []
    return policy.arguments(plugin)


def _check_compile(finished: Finished, module: Module, timeout: float | None) -> None:
    if timeout and finished.code == -9:
        raise UserError(f"compiling {module.name} took longer than {timeout:g} s", exit_code=1)
    check(finished, f"compiling {module.name}")
