"""How much smaller a policy makes programs it was not trained on, after linking."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from mlgo import paths
from mlgo.corpus.build import compile_program, link_program, text_size
from mlgo.corpus.program import load_program
from mlgo.policy import Policy
from mlgo.rollout.compiler import PluginCompiler


@dataclass(frozen=True)
class LinkedSize:
    """Linked .text of programs: bytes by program."""

    programs: dict[str, int]

    @property
    def total(self) -> int:
        """Bytes in all."""
        return sum(self.programs.values())

    def change(self, base: LinkedSize) -> float:
        """Returns the change of the total, e.g. -0.03 for three percent smaller."""
        return self.total / base.total - 1.0

    def worst(self, base: LinkedSize) -> float:
        """Returns the change of the program that fares worst."""
        return max(size / base.programs[name] - 1.0 for name, size in self.programs.items())


def linked_size(
    compiler: PluginCompiler, programs: tuple[str, ...], policy: Policy, jobs: int
) -> LinkedSize:
    """Builds programs under a policy and returns the .text of all their linked products.

    Raises:
        UserError: a program is not in the corpus, or does not compile or link.
    """
    return LinkedSize({name: _linked(compiler, name, policy, jobs) for name in programs})


def _linked(compiler: PluginCompiler, name: str, policy: Policy, jobs: int) -> int:
    folder = paths.corpus() / name
    program = load_program(folder)
    toolchain, plugin = compiler.toolchain, compiler.plugin
    with tempfile.TemporaryDirectory(prefix="mlgo-validation-") as work:
        objects, output = Path(work) / "objects", Path(work) / "linked"
        compile_program(toolchain, folder, program, policy, plugin, objects, jobs=jobs)
        return sum(
            text_size(link_program(toolchain, folder, link, objects, output / str(index)))
            for index, link in enumerate(program.links)
        )
