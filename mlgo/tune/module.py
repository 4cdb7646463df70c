"""A module as the target of a search."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mlgo.corpus.program import Module
from mlgo.policy import Policy, PolicyKind
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.explore import measure
from mlgo.tune.decisions import Listed
from mlgo.tune.exchange import Exchange
from mlgo.tune.search import Outcome


class Weigher(Protocol):
    """Says how much a byte of a function of a module counts; see `mlgo.tune.worth.Worth`."""

    def weight(self, module: str, label: str) -> float:
        """Returns the weight; names of local linkage begin with "static "."""


@dataclass(frozen=True)
class ModuleTarget:
    """One module of a program.

    Attributes:
        compiler: LLVM 22 and the plugin.
        folder: the program's.
        module: of that program.
        prior: what decides where a list of decisions does not.
        worth: how much the functions of this module count in the program.
    """

    compiler: PluginCompiler
    folder: Path
    module: Module
    prior: Policy
    worth: Weigher

    def weight(self, function: str) -> float:
        """Returns how much a byte of a function counts in the linked program."""
        return self.worth.weight(self.module.name, function)

    def compile(self, decisions: Sequence[Listed]) -> Outcome:
        """Compiles with a list of decisions and measures every function.

        Raises:
            UserError: the compile failed.
        """
        return self._compile(self.prior, decisions)

    def compile_as(self, kind: PolicyKind) -> Outcome:
        """Compiles as another policy would, and measures; `decisions` has the prior's scores."""
        if kind == self.prior.kind:
            return self._compile(self.prior, [])
        other = self._compile(Policy(kind), [])
        return self._compile(self.prior, other.decisions)

    def _compile(self, policy: Policy, decisions: Sequence[Listed]) -> Outcome:
        with tempfile.TemporaryDirectory(prefix="mlgo-tune-") as name:
            files = Exchange(Path(name))
            policy = files.policy(policy, "", decisions)
            return files.outcome(measure(self.compiler, self.folder, self.module, policy))
