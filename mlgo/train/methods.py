"""The learning methods by name, with what each is configured by."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from mlgo.train.workspace import Workspace


class Training(Protocol):
    """A run that can be repeated: what it finished already is not done again."""

    def run(self) -> Path:
        """Trains, and returns the path of the best policy's weights.

        Raises:
            UserError: the settings make no sense, or a program is not in the corpus.
        """


Prepare = Callable[[Workspace], Training]


def load(method: str) -> Callable[[], Prepare]:
    """Imports a method, whose settings gin then knows.

    Args:
        method: its name.

    Returns:
        What configures the method by gin's bindings at the time of the call.
    """
    # Imported here: only PPO needs Reverb.
    from mlgo.train.objective import Problem

    if method == "expert":
        from mlgo.train.expert import ExpertIteration, ExpertTraining

        return lambda: partial(ExpertTraining, ExpertIteration(), Problem())
    if method == "clone":
        from mlgo.train.clone import CloneTraining
        from mlgo.train.imitation import Imitation

        return lambda: partial(CloneTraining, Imitation(), Problem())
    if method == "evolution":
        from mlgo.train.evolution import Evolution, EvolutionTraining

        return lambda: partial(EvolutionTraining, Evolution(), Problem())
    if method == "search":
        from mlgo.train.search import SearchIteration, SearchTraining

        return lambda: partial(SearchTraining, SearchIteration(), Problem())
    from mlgo.train.ppo import Ppo, PpoTraining

    return lambda: partial(PpoTraining, Ppo(), Problem())
