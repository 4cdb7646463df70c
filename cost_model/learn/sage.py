"""The published baseline, EarlyJoinSAGE: GraphSAGE over nodes that carry the tile.

References:
    Phothilimthana et al., TpuGraphs, NeurIPS 2023, section 5 and appendix.
    https://arxiv.org/abs/2308.13490
    Hamilton et al., Inductive Representation Learning on Large Graphs, NeurIPS 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gin
import numpy as np
import tensorflow as tf

from cost_model.kernel import OPCODES, Floats, Kernel
from cost_model.learn.batches import Array
from mlgo.errors import UserError

_TILES_AT_A_TIME = 256


@gin.configurable
@dataclass(frozen=True)
class SageConfig:
    """The network's shape.

    Attributes:
        width: of the hidden layers and of the opcode embedding.
        rounds: of message passing.
        regularization: of L2, on kernels and embeddings.
    """

    width: int = 64
    rounds: int = 3
    regularization: float = 1e-4


@dataclass(frozen=True, eq=False)
class MinMax:
    """Scales columns to [0, 1] by what was seen in training; constant ones are dropped.

    Attributes:
        columns: int64 (kept,), which ones.
        low: float32 (kept,).
        span: float32 (kept,).
    """

    columns: Array
    low: Floats
    span: Floats

    @classmethod
    def fit(cls, tables: Sequence[Floats]) -> MinMax:
        """Sees the training's tables."""
        low = np.min([table.min(axis=0) for table in tables], axis=0)
        high = np.max([table.max(axis=0) for table in tables], axis=0)
        columns = np.flatnonzero(high > low)
        return cls(columns, low[columns], (high - low)[columns])

    def __call__(self, table: Floats) -> Floats:
        """float32 (rows, kept)."""
        return np.asarray((table[:, self.columns] - self.low) / self.span, np.float32)


class Sage(tf.Module):  # type: ignore[misc]
    """EarlyJoinSAGE as published, for padded batches of kernels."""

    def __init__(self, config: SageConfig, nodes: MinMax, configs: MinMax, seed: int) -> None:
        """Draws initial weights.

        Args:
            config: the shape.
            nodes: normalizes node features.
            configs: normalizes configuration features.
            seed: of the draw.
        """
        super().__init__()
        self._config = config
        self._nodes, self._configs = nodes, configs
        rng = np.random.default_rng([seed, 3])
        width = config.width
        self.embedding = tf.Variable(rng.uniform(-0.05, 0.05, (OPCODES, width)).astype(np.float32))
        inputs = width + len(nodes.columns) + len(configs.columns)
        shapes = [(2 * (inputs if i == 0 else width), width) for i in range(config.rounds)]
        shapes += [(width, width), (width, width), (width, 1)]
        self.kernels = [tf.Variable(_glorot(rng, shape)) for shape in shapes]
        self.biases = [tf.Variable(tf.zeros(shape[1])) for shape in shapes]

    def inputs(self, kernel: Kernel, rows: Array) -> dict[str, Array]:
        """What `scores` takes, of some tiles of one kernel."""
        nodes = len(kernel.node_feat)
        adjacency = np.zeros((nodes, nodes), np.float32)
        np.add.at(adjacency, tuple(kernel.edge_index.T), 1)
        return {
            "nodes": self._nodes(kernel.node_feat),
            "opcodes": kernel.node_opcode,
            "real": np.ones(nodes, np.float32),
            "adjacency": adjacency + adjacency.T,
            "configs": self._configs(kernel.config_feat[rows]),
        }

    def scores(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """float32 (1, b, c), lower is faster."""
        configs, nodes = inputs["configs"], inputs["nodes"]
        c, n = tf.shape(configs)[1], tf.shape(nodes)[1]
        embedded = tf.gather(self.embedding, inputs["opcodes"])
        still = tf.concat([embedded, nodes], -1)
        x = tf.concat(
            [
                tf.repeat(still[:, None], c, axis=1),
                tf.repeat(configs[:, :, None], n, axis=2),
            ],
            -1,
        )
        for kernel, bias in self._pairs(0, self._config.rounds):
            y = tf.einsum("bij,bcjf->bcif", inputs["adjacency"], x)
            y = tf.concat([y, x], -1) @ kernel + bias
            x = tf.nn.l2_normalize(tf.nn.leaky_relu(y), axis=-1)
        pooled = tf.reduce_sum(x * inputs["real"][:, None, :, None], axis=2)
        for index, (kernel, bias) in enumerate(self._pairs(self._config.rounds, None)):
            pooled = tf.nn.leaky_relu(pooled) if index else pooled
            pooled = pooled @ kernel + bias
        return pooled[None, ..., 0]

    def penalty(self) -> Any:
        """L2 on kernels."""
        return self._config.regularization * tf.add_n(
            [tf.reduce_sum(tf.square(kernel)) for kernel in self.kernels]
        )

    def kernel_weights(self, index: Any) -> Any:
        """float32 (1, b)."""
        return tf.ones((1, tf.shape(index)[0]))

    def predict(self, kernel: Kernel) -> Floats:
        """float32 (c,), lower is faster."""
        parts = []
        for start in range(0, kernel.configs, _TILES_AT_A_TIME):
            rows = np.arange(start, min(start + _TILES_AT_A_TIME, kernel.configs))
            inputs = {k: tf.constant(v[None]) for k, v in self.inputs(kernel, rows).items()}
            parts.append(self.scores(inputs)[0, 0].numpy())
        return np.concatenate(parts)

    def save(self, path: Path) -> None:
        """Writes everything that `load_sage` needs, as arrays."""
        arrays = {"embedding": self.embedding.numpy(), "rounds": np.int64(self._config.rounds)}
        for name, scaler in (("nodes", self._nodes), ("configs", self._configs)):
            for field in ("columns", "low", "span"):
                arrays[f"{name}_{field}"] = getattr(scaler, field)
        for index, (kernel, bias) in enumerate(self._pairs(0, None)):
            arrays[f"kernel_{index}"], arrays[f"bias_{index}"] = kernel.numpy(), bias.numpy()
        with path.open("wb") as file:
            np.savez(file, **arrays)

    def _pairs(self, first: int, last: int | None) -> list[tuple[Any, Any]]:
        return list(zip(self.kernels[first:last], self.biases[first:last], strict=True))


def _glorot(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    limit = np.sqrt(6 / sum(shape))
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def load_sage(path: Path) -> Sage:
    """Reads a model.

    Raises:
        UserError: the file is missing or malformed.
    """
    try:
        with np.load(path, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        nodes, configs = (
            MinMax(*(arrays[f"{name}_{field}"] for field in ("columns", "low", "span")))
            for name in ("nodes", "configs")
        )
        config = SageConfig(width=arrays["embedding"].shape[1], rounds=int(arrays["rounds"]))
        model = Sage(config, nodes, configs, seed=0)
        model.embedding.assign(arrays["embedding"])
        for index, (kernel, bias) in enumerate(model._pairs(0, None)):
            kernel.assign(arrays[f"kernel_{index}"])
            bias.assign(arrays[f"bias_{index}"])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} is no trained EarlyJoinSAGE: {error}") from error
    return model
