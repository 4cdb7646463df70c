"""Proximal policy optimisation with tf-agents: sample decisions, reinforce what came out smaller.

The setting of MLGO (Trofin et al., 2021): every decision of a module gets the module's reward,
1 - size / size by default, minus a moving average per module; the discount is 0. The policy is
sampled inside the compiler and begins as LLVM's default at a low temperature, because a module in
which many decisions are random tells nothing about any of them. Trajectories pass through a Reverb
queue, so that the learner does not care where they were made.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gin
import numpy as np
import reverb
import tensorflow as tf
import tensorflow_probability as tfp
from tf_agents.agents.ppo import ppo_clip_agent
from tf_agents.networks import network, utils, value_network
from tf_agents.trajectories import StepType, time_step, trajectory

from mlgo.inlining.scope import Scope
from mlgo.perceptron import squash
from mlgo.policy import Policy
from mlgo.rollout.sample import Sample
from mlgo.train.network import ACTION_SPEC, OBSERVATION_SPEC, PolicyNetwork
from mlgo.train.objective import Objective, Problem
from mlgo.train.selection import Selection
from mlgo.train.workspace import Workspace

_TABLE = "rollouts"


@gin.configurable
@dataclass(frozen=True)
class Ppo:
    """Hyperparameters.

    Attributes:
        iterations: of sampling and learning at most.
        batch: modules to compile in an iteration.
        layers: sizes of the hidden layers of policy and value network.
        default_weight: how far the network must disagree to overrule LLVM's default.
        scope: the calls that the network decides.
        temperature: of sampling; at the start sigmoid(-default_weight / temperature) of the
            decisions differ from the default.
        epochs: gradient steps on the decisions of an iteration.
        clip: of the ratio between new and old probability.
        learning_rate: of Adam.
        entropy: weight of the entropy bonus.
        memory: of the moving average of a module's rewards; near 1 it forgets slowly.
        validate_every: iterations between looks at the validation programs.
        seed: of initial weights, modules and samples.
    """

    iterations: int = 40
    batch: int = 32
    layers: tuple[int, ...] = (32, 16)
    default_weight: float = 1.0
    scope: Scope = field(default_factory=Scope)
    temperature: float = 0.2
    epochs: int = 10
    clip: float = 0.2
    learning_rate: float = 1e-3
    entropy: float = 0.0
    memory: float = 0.9
    validate_every: int = 10
    seed: int = 0


class PpoTraining:
    """One run; a killed one goes on from the last iteration.

    Args:
        config: hyperparameters.
        problem: programs.
        workspace: where.
    """

    def __init__(self, config: Ppo, problem: Problem, workspace: Workspace) -> None:
        tf.config.experimental.enable_op_determinism()
        tf.random.set_seed(config.seed)
        self.config, self.problem, self.workspace = config, problem, workspace
        self._selection = Selection(problem, workspace)
        self._objective = Objective(problem, workspace)
        seen = np.concatenate([s.features for _, s in self._objective.default])
        self._network = PolicyNetwork(
            seen,
            config.layers,
            config.default_weight,
            config.scope,
            config.seed,
        )
        self._agent = _agent(config, self._network)
        self._iteration = tf.Variable(0, dtype=tf.int64)
        self._average = tf.Variable(tf.zeros(len(self._objective.default), tf.float64))
        checkpoint = tf.train.Checkpoint(
            network=self._network,
            value=self._agent._value_net,
            optimizer=self._agent._optimizer,
            iteration=self._iteration,
            average=self._average,
        )
        checkpoints = workspace.folder / "checkpoints"
        self._manager = tf.train.CheckpointManager(checkpoint, str(checkpoints), 1)
        checkpoint.restore(self._manager.latest_checkpoint)
        self._replay = reverb.Server([reverb.Table.queue(_TABLE, max_size=config.batch)])
        self._client = reverb.Client(f"localhost:{self._replay.port}")

    def run(self) -> Path:
        """Trains, and returns the path of the best policy's weights."""
        self._selection.start(self._network.export())
        while not self._done():
            self._step()
            if int(self._iteration) % self.config.validate_every == 0 and not self._done():
                self._offer()
            self._manager.save()  # last: what a kill interrupts is done again
        self._offer()
        self._replay.stop()
        return self._selection.best

    def _offer(self) -> None:
        self._selection.offer(f"iteration {int(self._iteration)}", self._network.export())

    def _done(self) -> bool:
        ended = int(self._iteration) >= self.config.iterations
        return ended or self.problem.over(self.workspace.spent)

    def _step(self) -> None:
        collected = self._collect()
        self._agent.train(_experience(self._read(collected), self.config.temperature))
        self._iteration.assign_add(1)

    def _collect(self) -> int:
        """Samples a batch of modules into the queue; returns how many compiled."""
        rng = np.random.default_rng([self.config.seed, int(self._iteration)])
        modules = self._objective.default
        count = min(self.config.batch, len(modules))
        chosen = rng.choice(len(modules), count, replace=False).tolist()
        seeds = rng.integers(0, 2**31, count).tolist()
        with tempfile.TemporaryDirectory(prefix="mlgo-ppo-") as name:
            path = Path(name) / "policy.mlgo"
            self._network.export().save(path)
            todo = [
                (modules[i][0], Policy("file", path, seed, self.config.temperature))
                for i, seed in zip(chosen, seeds, strict=True)
            ]
            found = self._objective.samples(todo)
        pairs = [(i, s) for i, s in zip(chosen, found, strict=True) if s and len(s.decisions)]
        rewards = [self._write(index, sample) for index, sample in pairs]
        mean = float(np.mean(rewards)) if rewards else 0.0
        self.workspace.progress.note(f"iteration {int(self._iteration)}: mean reward {mean:+.3%}")
        return len(pairs)

    def _write(self, index: int, sample: Sample) -> float:
        """Appends a trajectory to the queue and updates the module's moving average."""
        reward = self._objective.reward(self._objective.default[index][0], sample.sizes)
        average = float(self._average[index])
        memory = self.config.memory
        self._average[index].assign(memory * average + (1 - memory) * reward)
        n = len(sample.decisions)
        row = [squash(sample.features), sample.decisions, sample.logits]
        row += [np.full(n, reward, np.float32), np.full(n, reward - average, np.float32)]
        self._client.insert(row, {_TABLE: 1.0})
        return reward

    def _read(self, count: int) -> list[Any]:
        """Takes `count` trajectories from the queue, in order, joined along decisions."""
        found = self._client.sample(_TABLE, count, emit_timesteps=False)
        rows = [[array[0] for array in item.data] for item in found]  # each is one step
        return [np.concatenate(column) for column in zip(*rows, strict=True)]


class _Actor(network.Network):  # type: ignore[misc]
    """The policy as it is sampled in the compiler: inline with sigmoid(logit / temperature)."""

    def __init__(self, policy: PolicyNetwork, temperature: float) -> None:
        super().__init__(OBSERVATION_SPEC, name="Actor")
        self._policy = policy
        self._temperature = temperature
        self.create_variables()

    def call(
        self,
        observation: Any,
        step_type: Any = None,
        network_state: Any = (),
        training: bool = False,
    ) -> tuple[tfp.distributions.Categorical, Any]:
        """Returns the distribution of the action and the unchanged network state."""
        batch = utils.BatchSquash(observation.shape.rank - 1)
        logits, _ = self._policy(batch.flatten(observation))
        logits = batch.unflatten(logits) / self._temperature
        return tfp.distributions.Categorical(logits=logits, dtype=tf.int64), network_state


def _agent(config: Ppo, policy: PolicyNetwork) -> ppo_clip_agent.PPOClipAgent:
    actor = _Actor(policy, config.temperature)
    value = value_network.ValueNetwork(OBSERVATION_SPEC, fc_layer_params=config.layers)
    value.create_variables()
    optimizer = tf.keras.optimizers.Adam(config.learning_rate)
    optimizer.build([*actor.trainable_variables, *value.trainable_variables])
    agent = ppo_clip_agent.PPOClipAgent(
        time_step.time_step_spec(OBSERVATION_SPEC),
        ACTION_SPEC,
        optimizer=optimizer,
        actor_net=actor,
        value_net=value,
        importance_ratio_clipping=config.clip,
        discount_factor=0.0,
        entropy_regularization=config.entropy,
        num_epochs=config.epochs,
        normalize_observations=False,
        normalize_rewards=False,
        update_normalizers_in_train=False,
        compute_value_and_advantage_in_train=False,
        train_step_counter=tf.Variable(0, dtype=tf.int64),
    )
    agent.initialize()
    return agent


def _experience(columns: list[Any], temperature: float) -> trajectory.Trajectory:
    """Each decision is an episode of its own, because the discount is 0: shapes (n, 1, ...)."""
    x, actions, logits, rewards, advantages = (column[:, None] for column in columns)
    step = np.full(actions.shape, StepType.MID, np.int32)
    two = np.stack([np.zeros_like(logits), logits / temperature], axis=-1).astype(np.float32)
    info = {
        "dist_params": {"logits": tf.constant(two)},
        "value_prediction": tf.zeros(actions.shape),
        "return": tf.constant(rewards),
        "advantage": tf.constant(advantages),
    }
    return trajectory.Trajectory(
        step_type=tf.constant(step),
        observation=tf.constant(x),
        action=tf.constant(actions),
        policy_info=info,
        next_step_type=tf.constant(step),
        reward=tf.constant(rewards),
        discount=tf.zeros(actions.shape),
    )
