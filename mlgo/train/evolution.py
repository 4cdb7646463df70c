"""Evolution strategies: perturb the weights, move towards the perturbations that save bytes.

Antithetic pairs and rank-shaped fitness as in Salimans et al., "Evolution Strategies as a Scalable
Alternative to Reinforcement Learning" (2017). The policy is deterministic, so that nothing but the
weights is random; all perturbations of an iteration compile the same modules.
"""

from __future__ import annotations

import dataclasses
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import gin
import numpy as np

from mlgo.inlining.features import FEATURES
from mlgo.inlining.scope import Scope
from mlgo.inlining.weights import Weights
from mlgo.perceptron import Vector, parameters, squash, untrained, with_parameters
from mlgo.policy import Policy
from mlgo.rollout.arrays import save_arrays
from mlgo.train.objective import Objective, Problem
from mlgo.train.selection import Selection
from mlgo.train.workspace import Workspace


@gin.configurable
@dataclass(frozen=True)
class Evolution:
    """Hyperparameters.

    Attributes:
        iterations: steps at most.
        pairs: antithetic perturbations per step.
        batch: modules that each perturbation compiles.
        layers: sizes of the hidden layers; none makes the correction linear.
        scope: the calls that the network decides.
        sigma: deviation of the perturbations. Small: few decisions may change, because random
            ones cost more than they teach.
        learning_rate: of Adam.
        validate_every: steps between looks at the validation programs.
        seed: of initial weights, perturbations and modules.
    """

    iterations: int = 40
    pairs: int = 8
    batch: int = 12
    layers: tuple[int, ...] = ()
    scope: Scope = field(default_factory=Scope)
    sigma: float = 0.02
    learning_rate: float = 0.005
    validate_every: int = 10
    seed: int = 0


@dataclass(frozen=True)
class State:
    """Where a run is: parameters, Adam's moments, steps done."""

    theta: Vector
    first: Vector
    second: Vector
    step: int

    def save(self, file: Path) -> None:
        """Writes the state, atomically."""
        save_arrays(file, {name: np.asarray(v) for name, v in dataclasses.asdict(self).items()})


def load_state(file: Path) -> State:
    """Reads what `State.save` wrote."""
    with np.load(file, allow_pickle=False) as arrays:
        theta, first, second = (arrays[name] for name in ("theta", "first", "second"))
        return State(theta, first, second, int(arrays["step"]))


class EvolutionTraining:
    """One run; a killed one goes on from the last step.

    Args:
        config: hyperparameters.
        problem: programs.
        workspace: where.
    """

    def __init__(self, config: Evolution, problem: Problem, workspace: Workspace) -> None:
        self.config, self.problem, self.workspace = config, problem, workspace
        self._selection = Selection(problem, workspace)
        self._objective = Objective(problem, workspace)
        self._shape = initial_weights(self._objective, config)

    def run(self) -> Path:
        """Trains, and returns the path of the best policy's weights."""
        self._selection.start(self._shape)
        state = self._state()
        while not self._done(state):
            state = self._step(state)
            if state.step % self.config.validate_every == 0 and not self._done(state):
                self._offer(state)
            state.save(self._file)  # last: what a kill interrupts is done again
        self._offer(state)
        return self._selection.best

    def _offer(self, state: State) -> None:
        weights = with_parameters(self._shape, state.theta)
        self._selection.offer(f"step {state.step}", weights)

    @property
    def _file(self) -> Path:
        return self.workspace.folder / "state.npz"

    def _state(self) -> State:
        if self._file.exists():
            return load_state(self._file)
        theta = parameters(self._shape)
        zeros = np.zeros_like(theta)
        return State(theta, zeros, zeros, 0)

    def _done(self, state: State) -> bool:
        return self.problem.over(self.workspace.spent) or state.step >= self.config.iterations

    def _step(self, state: State) -> State:
        rng = np.random.default_rng([self.config.seed, state.step])
        noise = rng.standard_normal((self.config.pairs, len(state.theta)))
        noise = np.concatenate([noise, -noise])
        count = min(self.config.batch, len(self._objective.default))
        chosen = sorted(rng.choice(len(self._objective.default), count, replace=False).tolist())
        fitness = self._fitness(state.theta + self.config.sigma * noise, chosen)
        gradient = ranks(fitness) @ noise / (len(noise) * self.config.sigma)
        mean = float(fitness.mean())
        note = f"step {state.step}: mean {mean:+.1f} bytes, best {fitness.max():+.1f}"
        self.workspace.progress.note(note)
        return adam(state, gradient, self.config.learning_rate)

    def _fitness(self, thetas: Vector, chosen: list[int]) -> Vector:
        """Returns the bytes that each parameter vector saves on the modules."""
        batch = [self._objective.default[index][0] for index in chosen]
        with tempfile.TemporaryDirectory(prefix="mlgo-evolution-") as name:
            policies = []
            for index, theta in enumerate(thetas):
                path = Path(name) / f"{index}.mlgo"
                with_parameters(self._shape, theta).save(path)
                policies.append(Policy("file", weights=path))
            found = self._objective.samples([(t, p) for p in policies for t in batch])
        saved = [
            self._objective.bytes(task, s.sizes) if s else 0.0
            for task, s in zip(batch * len(policies), found, strict=True)
        ]
        total: Vector = np.reshape(saved, (len(thetas), len(batch))).sum(axis=1)
        return total


def ranks(fitness: Vector) -> Vector:
    """Shapes fitness (n,) to centred ranks in [-0.5, 0.5]; equal ones get equal ranks."""
    lower = np.searchsorted(np.sort(fitness), fitness, side="left")
    upper = np.searchsorted(np.sort(fitness), fitness, side="right") - 1
    return np.asarray((lower + upper) / 2 / max(1, len(fitness) - 1) - 0.5, np.float64)


def adam(state: State, gradient: Vector, rate: float) -> State:
    """Returns the state after a step uphill (Kingma and Ba, 2015)."""
    step = state.step + 1
    first = 0.9 * state.first + 0.1 * gradient
    second = 0.999 * state.second + 0.001 * gradient**2
    move = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return State(state.theta + rate * move, first, second, step)


def initial_weights(objective: Objective, config: Evolution) -> Weights:
    """Returns a policy that decides as LLVM's default, normalised by what the default saw."""
    values = squash(np.concatenate([s.features for _, s in objective.default]))
    layers = untrained(values.mean(axis=0), values.std(axis=0), config.layers, config.seed)
    return Weights(features=FEATURES, **layers._asdict(), default_weight=1.0, scope=config.scope)
