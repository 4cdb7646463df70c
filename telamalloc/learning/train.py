"""Retrains the models of the core: `telamalloc train`.

Round 0 imitates the plans that the generators know. Each later round solves training
instances with the model so far and imitates the plans found, so that the model learns from
states that the search itself gets into. Only even seeds are trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from telamalloc import _core, solver
from telamalloc.errors import TelamallocError
from telamalloc.learning import generate
from telamalloc.learning.forest import Forest, to_cpp
from telamalloc.problem import Ints, Problem
from telamalloc.solution import Status
from telamalloc.solver import SolverParams

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TrainParams:
    """What to train on and how large a model.

    Attributes:
        instances: training instances from the generators.
        rounds: how often to learn from the model's own plans after the known ones.
        nodes: budget of the search for a plan of its own.
        trees: how many.
        depth: of each tree.
        shrinkage: of each tree's weight.
        seed: of the learner.
    """

    instances: int = 700
    rounds: int = 1
    nodes: int = 20_000
    trees: int = 40
    depth: int = 6
    shrinkage: float = 0.15
    seed: int = 1


@dataclass(frozen=True, eq=False)
class Choices:
    """Options met on the way to plans.

    Attributes:
        rows: (options, features) float32, columns as in `_core.FEATURES`.
        choice: (options,) numbers the section that the option belonged to.
        label: (options,) 1 where the plan takes the option.
    """

    rows: Rows
    choice: Ints
    label: Ints

    @staticmethod
    def join(parts: Iterable[Choices]) -> Choices:
        """All options, choices numbered anew."""
        kept = [part for part in parts if len(part.label)]
        base, numbers = 0, []
        for part in kept:
            numbers.append(part.choice + base)
            base += int(part.choice.max()) + 1
        return Choices(
            np.concatenate([part.rows for part in kept]),
            np.concatenate(numbers),
            np.concatenate([part.label for part in kept]),
        )


def choices_along(problem: Problem, plan: Ints) -> Choices:
    """The options that the search meets when it follows a plan, offsets (n,) in bytes."""
    offsets = np.ascontiguousarray(plan, dtype=np.int64)
    params = solver.core_params(SolverParams())
    return Choices(*_core.trace(*solver.core_columns(problem), offsets, params))


def train(
    params: TrainParams, output: Path | None = None, say: Callable[[str], None] = print
) -> Forest:
    """Trains the model and writes it as C++.

    Args:
        params: see there.
        output: where models.cc goes; None: not written. Rebuild the extension afterwards.
        say: told what happens, a line at a time.

    Raises:
        TelamallocError: ydf is not installed.
    """
    instances = list(generate.tight_set(params.instances, held_out=False))
    data = [choices_along(i.problem, i.offsets) for i in instances]
    forest = _fit(Choices.join(data), params, say)
    for number in range(params.rounds):
        plans = _own_plans(instances, forest, params)
        say(f"round {number + 1}: {len(plans)} of {len(instances)} instances solved")
        own = [choices_along(problem, plan) for problem, plan in plans]
        forest = _fit(Choices.join(data + own), params, say)
    if output is not None:
        partial = output.with_name(output.name + ".partial")
        partial.write_text(to_cpp({"OrderForest": forest}))
        partial.rename(output)
    return forest


def _own_plans(
    instances: list[generate.Instance], forest: Forest, params: TrainParams
) -> list[tuple[Problem, Ints]]:
    switches = SolverParams(node_budget=params.nodes, timeout=0.0, seed=params.seed)
    plans = []
    for instance in instances:
        found = solver.run_core(instance.problem, switches, solver.StopFlag(), model=forest.core())
        if found.status is Status.SOLVED:
            plans.append((instance.problem, found.offsets))
    return plans


def _fit(data: Choices, params: TrainParams, say: Callable[[str], None]) -> Forest:
    try:
        import ydf
    except ImportError as error:
        raise TelamallocError(
            "training needs ydf", "pip install 'mlgo-suite[train]' ydf"
        ) from error
    cut = int(data.choice.max() * 0.9)
    seen = data.choice < cut
    learner = ydf.GradientBoostedTreesLearner(
        label="label",
        num_trees=params.trees,
        max_depth=params.depth,
        shrinkage=params.shrinkage,
        subsample=0.7,
        validation_ratio=0.0,
        random_seed=params.seed,
        num_threads=2,
    )
    columns: dict[str, Any] = dict(zip(_core.FEATURES, data.rows[seen].T, strict=True))
    columns["label"] = data.label[seen].astype(str)
    ydf.verbose(0)
    forest = Forest.from_ydf(learner.train(columns), _core.FEATURES)
    say(f"{len(data.label)} options; first choice right: {_first_right(forest, data, ~seen):.1%}")
    return forest


def _first_right(forest: Forest, data: Choices, part: npt.NDArray[np.bool_]) -> float:
    """How often the option with the best score is the plan's."""
    scores, choice, label = forest.scores(data.rows[part]), data.choice[part], data.label[part]
    order = np.lexsort((-scores, choice))
    first = np.concatenate([[True], choice[order][1:] != choice[order][:-1]])
    return float(label[order][first].mean())
