"""Evolution strategies for the order of allocation: which live ranges get their registers first.

The order decides what is left for whom, so that only the whole allocation tells its worth. What is
evolved is how a small network moves ranges in LLVM's order; evictions are LLVM's own meanwhile.
The plugin allocates each function in both orders and keeps the cheaper allocation, so a function
counts with the smaller of both costs: an order that helps one function may harm another one.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

from mlgo.corpus.program import Module
from mlgo.parallel import parallel_map
from mlgo.perceptron import Vector, untrained
from mlgo.regalloc.evolution import EvolutionTraining
from mlgo.regalloc.learn import Preference
from mlgo.regalloc.priority import FEATURES, Goal, PriorityWeights

# Of squashed features, as they are in training programs: about their mean and deviation.
_USUAL = {
    "li_size": (5.5, 1.5),
    "use_frequency": (1.5, 1.5),
    "uses": (1.5, 0.7),
    "is_local": (0.4, 0.5),
    "has_hint": (0.3, 0.5),
    "is_spillable": (0.9, 0.3),
}


class PriorityEvolution(EvolutionTraining[PriorityWeights]):
    """One run, in a work folder of its own; a killed one goes on from the last step."""

    def _start(self, modules: list[Module]) -> tuple[PriorityWeights, Vector]:
        base = parallel_map(self._cost, modules, self.jobs)
        return initial_priority(Preference().layers, Preference().seed), np.array(base)

    def _cost(self, module: Module, weights: Path | None = None) -> float:
        if module.bitcode not in self._usual:
            self._usual[module.bitcode] = self.allocator.allocate(module, "off").costs
        usual = self._usual[module.bitcode]
        if weights is None:
            return sum(usual.values())
        found = self.allocator.allocate(module, "off", priority=weights).costs
        return sum(min(cost, usual[function]) for function, cost in found.items())

    @cached_property
    def _usual(self) -> dict[str, dict[str, float]]:
        """Module's bitcode -> what its functions cost in LLVM's order."""
        return {}

    def _validate(self, name: str, weights: PriorityWeights) -> None:
        """Takes the last one; what an order wins on validation programs is too little to choose."""
        change, worst = self._measure(weights)
        self.progress.note(f"{name}: cost {change:+.3%}, worst {worst:+.3%}")
        weights.save(self.best)


def initial_priority(layers: tuple[int, ...], seed: int, goal: Goal = "speed") -> PriorityWeights:
    """Returns a policy that leaves LLVM's order as it is."""
    mean, deviation = np.array([_USUAL[name] for name in FEATURES], np.float32).T
    return PriorityWeights(
        features=FEATURES, goal=goal, **untrained(mean, deviation, layers, seed)._asdict()
    )
