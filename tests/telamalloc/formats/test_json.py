"""JSON: what goes out comes back; what is wrong is named."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telamalloc.errors import FormatError, ProblemError
from telamalloc.formats.json import parse_plan, parse_problem, write_plan, write_problem
from telamalloc.formats.plan import parse_csv, solution_of
from telamalloc.problem import Bank, Buffer, Gap, Problem
from telamalloc.solver import minimize


@st.composite
def buffers(draw: st.DrawFn, name: str) -> Buffer:
    lower = draw(st.integers(0, 100))
    upper = lower + draw(st.integers(4, 30))
    alignment = 2 ** draw(st.integers(0, 5))
    size = draw(st.integers(1, 10**9))
    gap = draw(st.integers(lower, upper - 2))
    return Buffer(
        name, lower, upper, size, alignment,
        offset=draw(st.none() | st.integers(0, 1000).map(lambda k: k * alignment)),
        region=None if draw(st.booleans()) else (0, 2**40),
        bank=draw(st.sampled_from([None, "sram", 'a "quoted" bank'])),
        gaps=draw(st.sampled_from([(), (Gap(gap, gap + 1),), (Gap(gap, gap + 2, size // 2),)])),
        aliases=draw(st.sampled_from([(), ("first",)])) if name != "first" else (),
    )  # fmt: skip


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    names = ["first", *draw(st.lists(st.text(min_size=1), unique=True, max_size=5))]
    items = [draw(buffers(name)) for name in dict.fromkeys(names)]
    cost = draw(st.floats(0, 1e9))
    return Problem.from_buffers(
        items, banks=[Bank("sram", draw(st.none() | st.integers(1, 2**60))),
                      Bank('a "quoted" bank', None, cost)]
    )  # fmt: skip


@settings(deadline=None)
@given(problems())
def test_round_trip(problem: Problem) -> None:
    text = write_problem(problem)
    again = parse_problem(text)
    assert again.banks == problem.banks
    assert _without_order(again) == _without_order(problem)
    assert write_problem(again) == text


def _without_order(problem: Problem) -> list[tuple[Buffer, frozenset[str]]]:
    return [(buffer, frozenset(buffer.aliases)) for buffer in problem.buffers]


def test_a_capacity_instead_of_banks() -> None:
    text = '{"capacity": 64, "buffers": [{"id": "a", "lower": 0, "upper": 2, "size": 64}]}'
    assert parse_problem(text).capacity == 64
    assert parse_problem(text, capacity=128).capacity == 128


def test_a_plan_goes_out_and_comes_back() -> None:
    problem = Problem.from_buffers(
        [Buffer("a", 0, 3, 4), Buffer("b", 2, 5, 8)], banks=[Bank("x", 64), Bank("y", None, 1.0)]
    )
    solution = minimize(problem.with_capacity(64))
    again = solution_of(problem, parse_plan(write_plan(problem, solution)), "plan")
    np.testing.assert_array_equal(again.offsets, solution.offsets)
    np.testing.assert_array_equal(again.banks, solution.banks)
    assert json.loads(write_plan(problem, solution))["peaks"] == {"x": 12, "y": 0}


GOOD = {"id": "a", "lower": 0, "upper": 2, "size": 4}


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ("{", "not JSON"),
        ("[1]", "no object"),
        ("{}", "no 'buffers'"),
        ('{"buffers": 3}', "not a list"),
        ('{"buffers": [3]}', "not a list"),
        ('{"buffers": [], "colour": 1}', "unknown key 'colour'"),
        ({**GOOD, "size": 1.5}, "size is 1.5"),
        ({**GOOD, "size": "4"}, "size is '4'"),
        ({**GOOD, "size": True}, "size is True"),
        ({**GOOD, "colour": 1}, "unknown key 'colour'"),
        ({**GOOD, "id": 7}, "'id'"),
        ({"id": "a", "lower": 0, "upper": 2}, "no 'size'"),
        ({**GOOD, "region": [1]}, "region"),
        ({**GOOD, "region": [0, "x"]}, "region"),
        ({**GOOD, "gaps": [{"lower": 0}]}, "no 'upper'"),
        ({**GOOD, "aliases": [1]}, "aliases"),
        ({**GOOD, "bank": 1}, "bank"),
    ],
)
def test_what_is_wrong_is_named(root: str | dict[str, object], message: str) -> None:
    text = root if isinstance(root, str) else json.dumps({"buffers": [root]})
    with pytest.raises(FormatError, match=message):
        parse_problem(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 0}, "no bytes"),
        ({"size": -1}, "no bytes"),
        ({"size": 10**30}, "64 bits"),
        ({"upper": 0}, "ends before"),
        ({"alignment": 3}, "power of two"),
        ({"bank": "nowhere"}, "unknown bank"),
        ({"aliases": ["nobody"]}, "unknown alias"),
        ({"gaps": [{"lower": 5, "upper": 9}]}, "gap outside"),
    ],
)
def test_values_out_of_range(change: dict[str, object], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        parse_problem(json.dumps({"buffers": [{**GOOD, **change}]}))


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    with pytest.raises(FormatError):
        parse_problem('{"buffers":' + "[" * 200_000)


@pytest.mark.parametrize("cost", [math.nan, -1.0])
def test_a_cost_that_is_none(cost: float) -> None:
    text = json.dumps({"banks": [{"name": "a", "spill_cost": cost}], "buffers": []})
    with pytest.raises(ProblemError, match="spill cost"):
        parse_problem(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column 'id'"),
        ("id,size\na,3\n", "no column 'offset'"),
        ("id,offset\na,x\n", "offset of 'a'"),
        ("id,offset\na\n", "1 cells"),
        ("id,offset\na,0\na,4\n", "twice"),
    ],
)
def test_plans_that_are_none(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        parse_csv(text)


def test_a_plan_of_other_buffers() -> None:
    problem = Problem.from_buffers([Buffer("a", 0, 1, 1)])
    with pytest.raises(FormatError, match="same buffers"):
        solution_of(problem, {"b": (0, None)}, "plan")
    with pytest.raises(FormatError, match="unknown bank"):
        solution_of(problem, {"a": (0, "dram")}, "plan")
    with pytest.raises(FormatError, match="out of range"):
        solution_of(problem, {"a": (2**70, None)}, "plan")
