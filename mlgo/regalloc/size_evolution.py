"""Evolution strategies for the order of allocation where code is to be small: bytes, not cycles.

At -Oz a register is worth the bytes of its spills, of the pushes that callee-saved ones need and of
the prefixes that the upper ones need; only the object tells. All functions get the order: to
allocate each twice and keep the smaller would take as long again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mlgo.corpus.program import Module
from mlgo.parallel import parallel_map
from mlgo.perceptron import Vector
from mlgo.regalloc.evolution import EvolutionTraining
from mlgo.regalloc.learn import Preference
from mlgo.regalloc.priority import PriorityWeights
from mlgo.regalloc.priority_evolution import initial_priority


class SizeEvolution(EvolutionTraining[PriorityWeights]):
    """One run, in a work folder of its own; a killed one goes on from the last step."""

    def _start(self, modules: list[Module]) -> tuple[PriorityWeights, Vector]:
        preference = Preference()
        base = parallel_map(self._cost, modules, self.jobs)
        return initial_priority(preference.layers, preference.seed, "size"), np.array(base, float)

    def _cost(self, module: Module, weights: Path | None = None) -> float:
        """Returns a module's bytes of code in the policy's order, or in LLVM's."""
        return float(self.allocator.code_size(module, weights))

    def _validate(self, name: str, weights: PriorityWeights) -> None:
        self._offer(name, weights)
