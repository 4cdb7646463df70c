"""Behavioural cloning with tf-agents: imitate given actions, weighted by what is at stake.

Cloning LLVM's default starts a policy; cloning the better of two explored actions improves one
(expert iteration; for a set of policies this is BC-Max, Hartvigsen et al., 2024).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import gin
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tf_agents.agents.behavioral_cloning import behavioral_cloning_agent
from tf_agents.trajectories import StepType, time_step, trajectory

from mlgo.errors import UserError
from mlgo.inlining.dataset import Examples
from mlgo.inlining.features import FEATURES
from mlgo.inlining.scope import Scope
from mlgo.inlining.weights import Weights, load_weights
from mlgo.perceptron import ensemble, squash
from mlgo.train.network import ACTION_SPEC, OBSERVATION_SPEC, PolicyNetwork
from mlgo.train.workspace import Workspace
from mlgo.weights_file import Floats


@gin.configurable
@dataclass(frozen=True)
class Imitation:
    """Hyperparameters.

    Attributes:
        layers: sizes of the hidden layers.
        default_weight: how far the network must disagree to overrule LLVM's default.
        scope: the calls that the network decides.
        epochs: passes over the examples.
        steps: at least; few examples are passed over more often.
        batch: examples a step.
        learning_rate: of Adam, at the beginning; falls to 0 by a cosine.
        weight_decay: of AdamW.
        members: networks trained from different seeds, whose mean decides.
        seed: of initial weights and order.
    """

    layers: tuple[int, ...] = (32, 16)
    default_weight: float = 1.0
    scope: Scope = field(default_factory=Scope)
    epochs: int = 40
    steps: int = 0
    batch: int = 256
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    members: int = 1
    seed: int = 0

    def steps_of(self, examples: int) -> int:
        """Returns the steps of an epoch."""
        return -(-examples // self.batch)

    def epochs_of(self, examples: int) -> int:
        """Returns the passes over so many examples."""
        return max(self.epochs, -(-self.steps // self.steps_of(examples)))


def imitate(
    config: Imitation,
    examples: Examples,
    folder: Path,
    progress: Callable[[int, float], None] = lambda epoch, loss: None,
) -> Weights:
    """Trains the members of a policy; resumes from the last finished epoch in `folder`.

    Epochs are shuffled by (seed, epoch) and operations are deterministic: a training that was
    interrupted ends with the same weights as one that was not.

    Args:
        config: hyperparameters.
        examples: what to imitate; those of weight 0 or out of scope are left out.
        folder: for checkpoints and TensorBoard's curves.
        progress: called after each epoch of a member with its number and mean loss.

    Raises:
        UserError: no example in scope has a weight.
    """
    return _members(config, _of_use(examples, config.scope), folder, progress)


def _members(
    config: Imitation, examples: Examples, folder: Path, progress: Callable[[int, float], None]
) -> Weights:
    members = [
        _member(
            dataclasses.replace(config, seed=config.members * config.seed + member),
            examples,
            folder / f"member-{member}",
            progress,
        )
        for member in range(config.members)
    ]
    return ensemble(members) if len(members) > 1 else members[0]


def imitate_once(config: Imitation, examples: Examples, name: str, workspace: Workspace) -> Weights:
    """Trains as `imitate` does, in a folder of the workspace; a policy that is there is read.

    Raises:
        UserError: no example in scope has a weight.
    """
    folder = workspace.folder / name
    file = folder / "weights.mlgo"
    if file.exists():
        return load_weights(file)
    examples = _of_use(examples, config.scope)
    epochs = config.epochs_of(len(examples.actions)) * config.members
    with workspace.progress.bar(f"{name}: learning", epochs) as advance:
        weights = _members(config, examples, folder, lambda *_: advance())
    weights.save(file)
    return weights


def _of_use(examples: Examples, scope: Scope) -> Examples:
    used = (examples.weights > 0) & scope.holds(examples.features, FEATURES)
    if not used.any():
        raise UserError("no explored decision matters", hint="explore more modules, or more flips")
    return Examples(examples.features[used], examples.actions[used], examples.weights[used])


def _member(
    config: Imitation, examples: Examples, folder: Path, progress: Callable[[int, float], None]
) -> Weights:
    tf.config.experimental.enable_op_determinism()
    tf.random.set_seed(config.seed)
    x, y = squash(examples.features), examples.actions
    weights = examples.weights / examples.weights.mean()
    steps, epochs = config.steps_of(len(y)), config.epochs_of(len(y))
    network = PolicyNetwork(
        examples.features,
        config.layers,
        config.default_weight,
        config.scope,
        config.seed,
    )
    agent = _agent(config, network, steps * epochs)
    epoch = tf.Variable(0, dtype=tf.int64)
    checkpoint = tf.train.Checkpoint(network=network, optimizer=agent._optimizer, epoch=epoch)
    manager = tf.train.CheckpointManager(checkpoint, str(folder / "checkpoints"), max_to_keep=1)
    checkpoint.restore(manager.latest_checkpoint)
    writer = tf.summary.create_file_writer(str(folder / "tensorboard"))
    train = tf.function(agent.train)
    while int(epoch) < epochs:
        order = np.random.default_rng([config.seed, int(epoch)]).permutation(len(y))
        losses = [
            float(train(_experience(x[rows], y[rows]), weights=weights[rows]).loss)
            for rows in np.array_split(order, steps)
        ]
        epoch.assign_add(1)
        with writer.as_default():
            tf.summary.scalar("imitation/loss", np.mean(losses), step=epoch)
        manager.save()
        progress(int(epoch), float(np.mean(losses)))
    writer.close()
    return network.export()


def _agent(
    config: Imitation, network: PolicyNetwork, steps: int
) -> behavioral_cloning_agent.BehavioralCloningAgent:
    schedule = tf.keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
    optimizer = tf.keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay)
    optimizer.build(network.trainable_variables)
    agent = behavioral_cloning_agent.BehavioralCloningAgent(
        time_step.time_step_spec(OBSERVATION_SPEC),
        ACTION_SPEC,
        cloning_network=network,
        optimizer=optimizer,
        num_outer_dims=1,
    )
    agent.initialize()
    return agent


def _experience(x: Floats, y: NDArray[np.int64]) -> trajectory.Trajectory:
    rows = len(y)
    step = np.full(rows, StepType.MID, np.int32)
    zeros = np.zeros(rows, np.float32)
    return trajectory.Trajectory(
        step_type=tf.constant(step),
        observation=tf.constant(x),
        action=tf.constant(y),
        policy_info=(),
        next_step_type=tf.constant(step),
        reward=tf.constant(zeros),
        discount=tf.constant(zeros + 1),
    )
