"""The model of fronts, and the sweep along time that it guides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from telamalloc import _core, solver
from telamalloc.learning import front, generate
from telamalloc.solution import Status
from telamalloc.solver import SolverParams
from telamalloc.validate import validate

TIGHT = [generate.tight(family, 2, 90) for family in generate.FAMILIES]


@pytest.fixture(scope="module")
def data() -> front.Comparisons:
    return front.collect(TIGHT, width=64, seed=1)


def test_fronts_are_labelled_by_the_plans_that_came_of_them() -> None:
    found = 0
    for instance in TIGHT:
        columns = solver.core_columns(instance.problem)
        rows, group, label = _core.fronts(*columns, solver.core_params(SolverParams()), 64)
        assert rows.shape == (len(label), len(_core.FRONT_FEATURES))
        assert (np.diff(group) >= 0).all()
        # Each step of a sweep that found a plan has a front that the plan passes through.
        for number in np.unique(group):
            assert label[group == number].any()
        found += len(label) > 0
    assert found >= 4


def test_the_fit_prefers_what_became_a_plan(data: front.Comparisons) -> None:
    seen = np.arange(len(data.good)) % 3 > 0
    weights = front.fit(data.part(seen))
    assert front.right(weights, data.part(~seen)) > 0.6
    rough = np.array([name == "rough" for name in _core.FRONT_FEATURES], dtype=np.float32)
    assert front.right(weights, data.part(~seen)) > front.right(rough, data.part(~seen))


def test_the_fit_finds_the_feature_that_decides() -> None:
    rng = np.random.default_rng(0)
    good, others = rng.normal(size=(200, 3)), rng.normal(size=(200, 8, 3))
    good[:, 1] -= 3
    weights = front.fit(front.Comparisons(good, others))
    assert weights[1] > 5 * np.abs(weights[[0, 2]]).max()


def test_the_model_is_written_in_full(data: front.Comparisons) -> None:
    text = front.to_cpp(front.fit(data))
    body = text[text.index("{") + 1 : text.index("}")]
    numbers = [float(x.strip().rstrip("f")) for x in body.split(",") if x.strip()]
    assert len(numbers) == len(_core.FRONT_FEATURES)


def test_a_model_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="FRONT_FEATURES"):
        solver.core_params(SolverParams()).use_front_model(np.zeros(3, dtype=np.float32))


@pytest.mark.parametrize("instance", TIGHT, ids=lambda i: i.name)
@pytest.mark.parametrize("learned", [True, False])
def test_plans_are_right_with_and_without_the_model(
    instance: generate.Instance, learned: bool
) -> None:
    params = SolverParams(node_budget=60_000, timeout=0, greedy=False, learned_order=learned)
    answer = solver.solve(instance.problem, params)
    assert answer.status in (Status.SOLVED, Status.BUDGET)
    if answer.status is Status.SOLVED:
        assert not validate(instance.problem, answer)
        again = solver.solve(instance.problem, replace(params))
        assert again.offsets.tolist() == answer.offsets.tolist()
