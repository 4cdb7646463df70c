"""The model of fronts, by which the sweep along time chooses the partial plans to keep.

A front is what memory looks like at one step (native/front.h). The sweep's own runs that found
a plan say which of the fronts at a step became part of one; a conditional logit (McFadden, 1974)
makes those score lower than the others that the beam kept at the same step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from telamalloc import _core, solver
from telamalloc.learning.generate import Instance
from telamalloc.problem import Ints
from telamalloc.solver import SolverParams

Weights = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]

_OTHERS = 8  # Fronts that each one that was kept is compared with.
_STEPS = 30  # Of Newton's method; it ends earlier when nothing moves.


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Fronts that became part of a plan, beside others of the same step.

    Attributes:
        good: (comparisons, features) float64.
        others: (comparisons, _OTHERS, features) float64.
    """

    good: Values
    others: Values

    @property
    def gaps(self) -> Values:
        """(comparisons, _OTHERS, features): the others less the good one."""
        gaps: Values = self.others - self.good[:, None, :]
        return gaps

    def part(self, chosen: npt.NDArray[np.bool_]) -> Comparisons:
        """Some of them, by a (comparisons,) mask."""
        return Comparisons(self.good[chosen], self.others[chosen])


def collect(
    instances: Iterable[Instance], width: int, seed: int, weights: Weights | None = None
) -> Comparisons:
    """Runs a sweep in each direction over the instances and draws comparisons.

    Args:
        instances: to train on.
        width: of the beam.
        seed: of the draws.
        weights: (features,) of the model that guides the sweep; None: the one compiled in.
    """
    rng = np.random.default_rng(seed)
    core = solver.core_params(SolverParams(seed=seed))
    if weights is not None:
        core.use_front_model(np.ascontiguousarray(weights, dtype=np.float32))
    good, others = [], []
    for instance in instances:
        rows, group, label = _core.fronts(*solver.core_columns(instance.problem), core, width)
        for kept, left in _groups(group, label):
            for at in rng.choice(kept, min(2, len(kept)), replace=False):
                good.append(rows[at])
                others.append(rows[rng.choice(left, _OTHERS, replace=len(left) < _OTHERS)])
    shape = (-1, len(_core.FRONT_FEATURES))
    return Comparisons(
        np.array(good, dtype=np.float64).reshape(shape),
        np.array(others, dtype=np.float64).reshape(-1, _OTHERS, shape[1]),
    )


def _groups(group: Ints, label: Ints) -> Iterable[tuple[Ints, Ints]]:
    """Rows kept and rows dropped, of every group that has enough of both."""
    if not len(group):
        return
    first = np.flatnonzero(np.diff(group, prepend=-1))
    for begin, end in zip(first, np.append(first[1:], len(group)), strict=True):
        kept = np.flatnonzero(label[begin:end]) + begin
        left = np.flatnonzero(label[begin:end] == 0) + begin
        if len(kept) and len(left) >= _OTHERS // 2:
            yield kept, left


def fit(data: Comparisons, penalty: float = 1.0) -> Weights:
    """(features,) float32 weights; the lower the weighted sum, the likelier a plan.

    Args:
        data: at least one comparison.
        penalty: of the squared weights, in units of each feature's deviation.
    """
    scale = data.others.reshape(-1, data.good.shape[1]).std(axis=0) + 1e-9
    gaps = data.gaps / scale
    weights = np.zeros(gaps.shape[2])
    for _ in range(_STEPS):
        share = _shares(gaps, weights)
        mean = np.einsum("ck,ckf->cf", share, gaps)
        slope = penalty * weights - mean.sum(axis=0)
        bend = np.einsum("ck,cki,ckj->ij", share, gaps, gaps, optimize=True) - mean.T @ mean
        step = np.linalg.solve(bend + penalty * np.eye(len(weights)), slope)
        weights -= step
        if np.abs(step).max() < 1e-4:
            break
    fitted: Weights = (weights / scale).astype(np.float32)
    return fitted


def _shares(gaps: Values, weights: Values) -> Values:
    """(comparisons, _OTHERS): the probability that the model gives each of the others."""
    score = -(gaps @ weights)
    top = np.maximum(score.max(axis=1, keepdims=True), 0)
    raised = np.exp(score - top)
    shares: Values = raised / (np.exp(-top) + raised.sum(axis=1, keepdims=True))
    return shares


def right(weights: Weights, data: Comparisons) -> float:
    """How often the good one scores lower than another front of its step."""
    lead = data.gaps @ weights.astype(np.float64)
    return float(((lead > 0) + 0.5 * (lead == 0)).mean())


def to_cpp(weights: Weights) -> str:
    """The text of native/front_model.cc."""
    numbers = [f"{w:.6g}" for w in weights.tolist()]
    floats = [f"{n}f" if "." in n or "e" in n else f"{n}.0f" for n in numbers]
    lines = [", ".join(floats[k : k + 8]) + "," for k in range(0, len(floats), 8)]
    return "\n".join(
        [
            "//===- front_model.cc - Written by `telamalloc train` ---------------------===//\n",
            "// clang-format off\n",
            '#include "front.h"\n',
            "const float telamalloc::FrontWeights[NumFrontFeatures] = {",
            *lines,
            "};\n",
        ]
    )
