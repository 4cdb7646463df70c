"""Retrains the models of the core: `telamalloc train`.

Round 0 imitates the plans that the generators know. Each later round solves training
instances with the model so far and imitates the plans found, so that the model learns from
states that the search itself gets into. Only even seeds are trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
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
        only_backtracks: train the model of dead ends alone, on searches with the order that is
            compiled in.
    """

    instances: int = 1400
    rounds: int = 1
    nodes: int = 60_000
    trees: int = 60
    depth: int = 6
    shrinkage: float = 0.15
    seed: int = 1
    only_backtracks: bool = False


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


def train(params: TrainParams, output: Path, say: Callable[[str], None] = print) -> None:
    """Trains all models and writes them as C++.

    Args:
        params: see there.
        output: where models.cc (the order) goes, with backtrack_model.cc beside it. Rebuild the
            extension afterwards.
        say: told what happens, a line at a time.

    Raises:
        TelamallocError: ydf is not installed, or too few instances met a dead end or a plan.
    """
    _import_ydf()  # to fail now, not after minutes
    instances = list(generate.tight_set(params.instances, held_out=False))
    order = None
    if not params.only_backtracks:
        order = _train_order(instances, params, say)
        _write(output, to_cpp("OrderForest", order, output.name))
    backtrack = _fit_backtrack(instances, order, params, say)
    path = output.with_name("backtrack_model.cc")
    _write(path, to_cpp("BacktrackForest", backtrack, path.name))


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    partial.rename(path)


def _train_order(
    instances: list[generate.Instance], params: TrainParams, say: Callable[[str], None]
) -> Forest:
    data = [choices_along(i.problem, i.offsets) for i in instances]
    order = _fit_order(Choices.join(data), params, say)
    for number in range(params.rounds):
        plans = _own_plans(instances, order, params)
        say(f"round {number + 1}: {len(plans)} of {len(instances)} instances solved")
        own = [choices_along(problem, plan) for problem, plan in plans]
        order = _fit_order(Choices.join(data + own), params, say)
    return order


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


def _fit_order(data: Choices, params: TrainParams, say: Callable[[str], None]) -> Forest:
    seen = data.choice < int(data.choice.max() * 0.9)
    forest = _fit(data.rows[seen], data.label[seen], _core.FEATURES, params)
    right = _first_right(forest, data, ~seen)
    say(f"{len(data.label)} options; first choice right: {right:.1%}")
    return forest


def _fit_backtrack(
    instances: list[generate.Instance],
    order: Forest | None,
    params: TrainParams,
    say: Callable[[str], None],
) -> Forest:
    """Learns from the dead ends of solves that succeeded: which decisions were undone?

    Without sweeps: the plan of a sweep tells nothing about the search's decisions.
    """
    switches = SolverParams(node_budget=params.nodes, timeout=0.0, time_sweep=False)
    core = solver.core_params(switches)
    if order is not None:
        core.use_order_model(order.core())
    parts = [_core.dead_ends(*solver.core_columns(i.problem), core) for i in instances]
    rows = np.concatenate([part[0] for part in parts])
    label = np.concatenate([part[1] for part in parts])
    if len(label) < 20:
        raise TelamallocError("the searches met too few dead ends", "more: --instances, --nodes")
    seen = np.arange(len(label)) < 0.9 * len(label)
    small = replace(params, trees=20, depth=5)
    forest = _fit(rows[seen], label[seen], _core.BACKTRACK_FEATURES, small)
    sure = forest.scores(rows[~seen]) > SolverParams().give_up
    right = label[~seen][sure].mean() if sure.any() else 0.0
    say(f"{len(label)} decisions at dead ends; given up {sure.mean():.1%}, rightly {right:.1%}")
    return forest


def _import_ydf() -> Any:
    try:
        import ydf
    except ImportError as error:
        hint = "pip install ydf, or all of training: pip install 'mlgo-suite[train]'"
        raise TelamallocError("training needs ydf", hint) from error
    return ydf


def _fit(rows: Rows, label: Ints, features: Sequence[str], params: TrainParams) -> Forest:
    ydf = _import_ydf()
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
    columns: dict[str, Any] = dict(zip(features, rows.T, strict=True))
    columns["label"] = label.astype(str)
    ydf.verbose(0)
    return Forest.from_ydf(learner.train(columns), features)


def _first_right(forest: Forest, data: Choices, part: npt.NDArray[np.bool_]) -> float:
    """How often the option with the best score is the plan's."""
    scores, choice, label = forest.scores(data.rows[part]), data.choice[part], data.label[part]
    order = np.lexsort((-scores, choice))
    first = np.concatenate([[True], choice[order][1:] != choice[order][:-1]])
    return float(label[order][first].mean())
