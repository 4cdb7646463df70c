"""The ranker as a TensorFlow graph that takes raw kernels: features and network in one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from cost_model.features.graph import Graph
from cost_model.features.tf_ops import TensorFlow
from cost_model.features.vector import features
from cost_model.kernel import CONFIG_FEATURES, NODE_FEATURES, Floats, Kernel
from cost_model.weights import CLIP, Weights


@dataclass(frozen=True)
class Shape:
    """The largest kernel that a compiled model takes.

    Attributes:
        nodes: of the graph.
        edges: of the graph.
        tiles: that are evaluated at a time.
    """

    nodes: int = 64
    edges: int = 128
    tiles: int = 16


class RankerGraph(tf.Module):  # type: ignore[misc]
    """Evaluates `Weights` on raw kernels, padded as cost_model.features.graph says.

    `action` takes node_feat float32 (nodes, 140), node_opcode int32 (nodes,), edge_index int32
    (edges, 2) and config_feat float32 (tiles, 24), and returns scores float32 (tiles,).
    """

    def __init__(self, weights: Weights, shape: Shape) -> None:
        super().__init__()
        self._weights, self._shape = weights, shape
        self.action = tf.function(self._action).get_concrete_function(
            node_feat=tf.TensorSpec((shape.nodes, NODE_FEATURES), tf.float32, "node_feat"),
            node_opcode=tf.TensorSpec((shape.nodes,), tf.int32, "node_opcode"),
            edge_index=tf.TensorSpec((shape.edges, 2), tf.int32, "edge_index"),
            config_feat=tf.TensorSpec((shape.tiles, CONFIG_FEATURES), tf.float32, "config_feat"),
        )

    def _action(
        self, node_feat: Any, node_opcode: Any, edge_index: Any, config_feat: Any
    ) -> dict[str, Any]:
        table = features(TensorFlow(), Graph(node_feat, node_opcode, edge_index), config_feat)
        places = {name: index for index, name in enumerate(table.names)}
        columns = [places[name] for name in self._weights.features]
        return {"scores": self._scores(tf.gather(table.values, columns, axis=1))}

    def _scores(self, values: Any) -> Any:
        weights = self._weights
        z = tf.clip_by_value((values - weights.mean) / weights.deviation, -CLIP, CLIP)
        each = []
        for member in range(len(weights.skip)):
            hidden = z
            layers = list(zip(weights.kernels, weights.biases, strict=True))
            for index, (kernel, bias) in enumerate(layers):
                hidden = hidden @ tf.constant(kernel[member]) + bias[member]
                if index + 1 < len(layers):
                    hidden = tf.nn.relu(hidden)
            each.append(hidden[:, 0] + tf.reduce_sum(z * weights.skip[member], axis=1))
        return tf.add_n(each) / float(len(each))

    def scores(self, kernel: Kernel) -> Floats:
        """float32 (c,): a kernel's tiles, in chunks as the C library evaluates them."""
        graph = self.padded(kernel)
        parts = []
        for first in range(0, kernel.configs, self._shape.tiles):
            rows = kernel.config_feat[first : first + self._shape.tiles]
            config = np.zeros((self._shape.tiles, CONFIG_FEATURES), np.float32)
            config[: len(rows)] = rows
            found = self.action(**graph, config_feat=tf.constant(config))
            parts.append(found["scores"].numpy()[: len(rows)])
        return np.concatenate(parts)

    def padded(self, kernel: Kernel) -> dict[str, Any]:
        """The tensors of a kernel's graph."""
        nodes, edges = len(kernel.node_feat), len(kernel.edge_index)
        node_feat = np.zeros((self._shape.nodes, NODE_FEATURES), np.float32)
        node_opcode = np.zeros(self._shape.nodes, np.int32)
        edge_index = np.full((self._shape.edges, 2), -1, np.int32)
        node_feat[:nodes], node_opcode[:nodes] = kernel.node_feat, kernel.node_opcode
        edge_index[:edges] = kernel.edge_index
        return {
            "node_feat": tf.constant(node_feat),
            "node_opcode": tf.constant(node_opcode),
            "edge_index": tf.constant(edge_index),
        }


def saved_model(weights: Weights, shape: Shape, folder: Path) -> None:
    """Writes a SavedModel with the signature `action`."""
    graph = RankerGraph(weights, shape)
    tf.saved_model.save(graph, str(folder), signatures={"action": graph.action})
