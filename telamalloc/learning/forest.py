"""Gradient-boosted trees as the table that the core reads (see native/forest.h)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from telamalloc import _core


@dataclass(frozen=True, eq=False)
class Forest:
    """Nodes of all trees, each tree's in depth-first order.

    Attributes:
        value: (nodes,) float32, a threshold, or a leaf's score.
        feature: (nodes,) int64, index of the feature compared; -1: a leaf.
        high: (nodes,) int64, distance to the child for values at or above the threshold.
        root: (trees,) int64, index of each tree's first node.
    """

    value: npt.NDArray[np.float32]
    feature: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    root: npt.NDArray[np.int64]

    def scores(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Sums the leaves that each row falls into, as the core does; (rows,)."""
        total = np.zeros(len(rows))
        for root in self.root:
            at = np.full(len(rows), root)
            while True:
                inner = self.feature[at] >= 0
                if not inner.any():
                    break
                x = rows[np.arange(len(rows)), np.maximum(self.feature[at], 0)]
                step = np.where(x >= self.value[at], self.high[at], 1)
                at = np.where(inner, at + step, at)
            total += self.value[at]
        return total

    def core(self) -> _core.Model:
        """The same trees as an object of the core."""
        return _core.Model(self.value, self.feature, self.high, self.root)

    @staticmethod
    def from_ydf(model: Any, features: Sequence[str]) -> Forest:
        """Reads the trees of a ydf GradientBoostedTreesModel with numerical features.

        Raises:
            ValueError: a condition is not of the form `feature >= threshold`.
        """
        rows: list[tuple[float, int, int]] = []
        root = []
        names = model.data_spec().columns
        for tree in model.iter_trees():
            root.append(len(rows))
            _lay_out(tree.root, [column.name for column in names], list(features), rows)
        value, feature, high = zip(*rows, strict=True)
        return Forest(
            np.array(value, dtype=np.float32),
            np.array(feature, dtype=np.int64),
            np.array(high, dtype=np.int64),
            np.array(root, dtype=np.int64),
        )


def _lay_out(
    node: Any, names: list[str], features: list[str], rows: list[tuple[float, int, int]]
) -> None:
    if node.is_leaf:
        rows.append((float(node.value.value), -1, 0))
        return
    condition = node.condition
    if not hasattr(condition, "threshold") or not hasattr(condition, "attribute"):
        raise ValueError(f"not a threshold on one feature: {condition}")
    at = len(rows)
    feature = features.index(names[condition.attribute])
    rows.append((float(condition.threshold), feature, 0))
    _lay_out(node.neg_child, names, features, rows)
    rows[at] = (rows[at][0], feature, len(rows) - at)
    _lay_out(node.pos_child, names, features, rows)


def to_cpp(name: str, forest: Forest, file: str) -> str:
    """The text of a C++ file (such as native/models.cc) with the constant of that name."""
    nodes = [
        f"{{{_literal(v)}, {f}, {h}}}"
        for v, f, h in zip(forest.value, forest.feature, forest.high, strict=True)
    ]
    roots = [str(r) for r in forest.root]
    title = f"//===- {file} - Written by `telamalloc train` ".ljust(72, "-") + "===//"
    return "\n".join(
        [
            f"{title}\n",
            "// clang-format off\n",
            '#include "forest.h"\n',
            "using telamalloc::TreeNode;\n",
            f"static const TreeNode {name}Nodes[] = {{\n{_wrapped(nodes)}}};\n",
            f"static const int32_t {name}Roots[] = {{\n{_wrapped(roots)}}};\n",
            f"const telamalloc::Forest telamalloc::{name} = "
            f"{{{name}Nodes, {name}Roots, {len(roots)}}};\n",
        ]
    )


def _literal(value: np.float32) -> str:
    text = str(np.float32(value))
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def _wrapped(items: list[str]) -> str:
    lines, line = [], ""
    for item in items:
        if len(line) + len(item) > 96:
            lines.append(line.rstrip())
            line = ""
        line += item + ", "
    return "\n".join([*lines, line.rstrip()]) + "\n"
