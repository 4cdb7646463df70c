"""Evolution strategies for register allocation: perturb the network, move to where code costs less.

Antithetic pairs and rank-shaped fitness as in Salimans et al., "Evolution Strategies as a Scalable
Alternative to Reinforcement Learning" (2017); see mlgo.train.evolution. The fitness is the whole
cost of hot modules, so that what evictions do to each other counts.
"""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import gin
import numpy as np

from mlgo.corpus.program import Module
from mlgo.parallel import parallel_map
from mlgo.perceptron import Vector, parameters, with_parameters
from mlgo.regalloc.learn import Preference, initial_weights
from mlgo.regalloc.priority import PriorityWeights
from mlgo.regalloc.training import Training, distinct
from mlgo.regalloc.weights import EvictionWeights
from mlgo.rollout.collect import Task, tasks
from mlgo.train.evolution import State, adam, load_state, ranks

Weights = TypeVar("Weights", bound=EvictionWeights | PriorityWeights)


@gin.configurable
@dataclass(frozen=True)
class RegallocEvolution:
    """Hyperparameters.

    Attributes:
        iterations: steps.
        pairs: antithetic perturbations per step.
        hottest: of each training program, the modules with the largest cost.
        sigma: deviation of the perturbations.
        learning_rate: of Adam.
        validate_every: steps between looks at the validation programs.
        seed: of the perturbations.
    """

    iterations: int = 20
    pairs: int = 6
    hottest: int = 2
    sigma: float = 0.05
    learning_rate: float = 0.02
    validate_every: int = 5
    seed: int = 0


class EvolutionTraining(Training, Generic[Weights]):
    """One run, in a work folder of its own; a killed one goes on from the last step."""

    def run(self) -> Path:
        """Trains, and returns the path of the best policy's weights."""
        config = RegallocEvolution()
        self.folder.mkdir(parents=True, exist_ok=True)
        modules = self._hot_modules(config.hottest)
        shape, base = self._start(modules)
        state = self._state(shape)
        while state.step < config.iterations:
            rng = np.random.default_rng([config.seed, state.step])
            noise = rng.standard_normal((config.pairs, len(state.theta)))
            noise = np.concatenate([noise, -noise])
            thetas = state.theta + config.sigma * noise
            fitness = -self._changes(shape, thetas, modules, base)
            gradient = ranks(fitness) @ noise / (len(noise) * config.sigma)
            state = adam(state, gradient, config.learning_rate)
            mean, best = fitness.mean(), fitness.max()
            self.progress.note(f"step {state.step}: mean {-mean:+.3%}, best {-best:+.3%}")
            if state.step == config.iterations or state.step % config.validate_every == 0:
                self._validate(f"step {state.step}", with_parameters(shape, state.theta))
            state.save(self.folder / "state.npz")  # last: what a kill interrupts is done again
        return self.best

    def _hot_modules(self, count: int) -> list[Module]:
        """Returns the modules of each training program that cost most."""
        programs = [distinct(tasks([name], self.config.modules)) for name in self.config.train]
        found = []
        with self.progress.bar("finding the dearest modules", sum(map(len, programs))) as advance:

            def measured(task: Task) -> tuple[Module, float]:
                module = self._optimised(task)
                cost = self._cost(module)
                advance()
                return module, cost

            for todo in programs:
                modules, costs = zip(*parallel_map(measured, todo, self.jobs), strict=True)
                found += [modules[index] for index in np.argsort(costs)[::-1][:count]]
        return found

    def _start(self, modules: list[Module]) -> tuple[Weights, Vector]:
        """Returns a policy that decides as LLVM does, and what the modules cost by it."""
        raise NotImplementedError

    def _validate(self, name: str, weights: Weights) -> None:
        """Offers a policy, or some that are made of it."""
        raise NotImplementedError

    def _state(self, shape: Weights) -> State:
        file = self.folder / "state.npz"
        if file.exists():
            return load_state(file)
        theta = parameters(shape)
        zeros = np.zeros_like(theta)
        return State(theta, zeros, zeros, 0)

    def _changes(
        self, shape: Weights, thetas: Vector, modules: list[Module], base: Vector
    ) -> Vector:
        """Returns the mean relative change of the modules' costs for each parameter vector."""
        with tempfile.TemporaryDirectory(prefix="mlgo-evolution-") as name:
            todo = []
            for index, theta in enumerate(thetas):
                path = Path(name) / f"{index}.mlgo"
                with_parameters(shape, theta).save(path)
                todo += [(module, path) for module in modules]
            costs = parallel_map(lambda item: self._cost(*item), todo, self.jobs)
        changes = np.reshape(costs, (len(thetas), len(modules))) / base - 1.0
        return np.asarray(changes.mean(axis=1), np.float64)


class EvictionEvolution(EvolutionTraining[EvictionWeights]):
    """Evolves a policy of eviction."""

    def _start(self, modules: list[Module]) -> tuple[EvictionWeights, Vector]:
        """Returns a policy that decides as LLVM's default, and what the modules cost by it."""
        preference = Preference()
        found = [self.allocator.allocate(module, "default", log=True) for module in modules]
        questions = [f.questions for f in found if f.questions is not None]
        inputs = np.concatenate([q.inputs[q.mask] for q in questions])
        base = np.array([sum(f.costs.values()) for f in found])
        return initial_weights(questions[0].interface, inputs, preference), base

    def _validate(self, name: str, weights: EvictionWeights) -> None:
        for caution in self.config.cautions:
            candidate = dataclasses.replace(weights, default_weight=caution)
            self._offer(f"{name}, caution {caution:g}", candidate)
