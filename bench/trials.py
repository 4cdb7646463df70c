"""What trial allocations cost at compile time: whole compiles with a profile, against stock.

Each module of a program is compiled at -O2 with -fprofile-use from its bitcode, by stock clang and
by clang with the plugin, in turns. Of several rounds the least user and system CPU counts.

    python bench/trials.py libxml2 libzstd --rounds 3
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import click

from mlgo import paths
from mlgo.corpus.build import compile_module
from mlgo.corpus.program import Module, load_program
from mlgo.plugin.build import plugin_path
from mlgo.policy import Policy
from mlgo.toolchain import Toolchain, find_toolchain
from mlgo.workloads.allocation import allocation
from mlgo.workloads.optimise import Extra, prepare
from mlgo.workloads.profile import find_profile

RELEASE = 22


def least_seconds(
    toolchain: Toolchain, folder: Path, module: Module, extras: list[Extra], rounds: int
) -> list[float]:
    """Returns for each way to compile a module the CPU seconds of its quickest round."""
    profile = find_profile(folder.name, RELEASE)
    with tempfile.TemporaryDirectory(prefix="mlgo-bench-") as name:
        plain, output = Path(name, "plain.bc"), Path(name, "x.o")
        prepare(toolchain, folder, module, "-O2", plain, ())

        def seconds(extra: Extra) -> float:
            return compile_module(
                toolchain,
                folder,
                replace(module, bitcode=str(plain)),
                Policy("stock"),
                None,
                output,
                arguments=("-O2", f"-fprofile-use={profile}", *extra.arguments),
                environment=extra.environment,
            ).seconds

        table = [[seconds(extra) for extra in extras] for _ in range(rounds)]
        return [min(column) for column in zip(*table, strict=True)]


@click.command()
@click.argument("programs", nargs=-1, required=True)
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
def main(programs: tuple[str, ...], rounds: int) -> None:
    """Compares compile times of PROGRAMS of the corpus, which need profiles."""
    toolchain, plugin = find_toolchain(RELEASE), plugin_path(RELEASE, "regalloc-speed")
    extras = [Extra(), allocation(plugin, "default"), allocation(plugin, "learned")]
    print("program\tfiles\tstock, s\tcontrol\twith trials\tslowest file")
    for program in programs:
        folder = paths.corpus() / program
        modules = load_program(folder).modules
        rows = [least_seconds(toolchain, folder, module, extras, rounds) for module in modules]
        stock, control, learned = (sum(column) for column in zip(*rows, strict=True))
        worst = max(
            (row[2] / row[0], module.name) for row, module in zip(rows, modules, strict=True)
        )
        print(
            f"{program}\t{len(modules)}\t{stock:.1f}\t{control / stock - 1:+.2%}\t"
            f"{learned / stock - 1:+.2%}\t{worst[0]:.2f} ({worst[1]})",
            flush=True,
        )


if __name__ == "__main__":
    main()
