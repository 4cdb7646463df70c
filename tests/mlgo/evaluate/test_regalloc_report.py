"""Evaluations of register allocation as JSON, as a page and as text."""

import json
import math

import fastjsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgo import report
from mlgo.errors import UserError
from mlgo.evaluate.regalloc_document import read_evaluation, schema, to_json
from mlgo.evaluate.regalloc_page import regalloc_page
from mlgo.evaluate.regalloc_result import (
    BuildCost,
    BuildSize,
    HotFunction,
    RegallocEvaluation,
    RegallocProgram,
    RegallocSettings,
    WorkloadResult,
    totals,
)
from mlgo.evaluate.regalloc_summary import summary
from mlgo.evaluate.result import Ratio
from mlgo.workloads.running import Cost
from mlgo.workloads.spills import Spills
from tests.mlgo.evaluate.evaluations import SUBJECT


def scaled(factor):
    return Cost(round(1000_000 * factor), round(300_000 * factor), round(100_000 * factor))


def workload(name, policy, agree=True, time=None):
    costs = [("stock", 1.0), ("control", 1.0), ("policy", policy)]
    function = HotFunction(
        "hot<int>", 0.5, scaled(0.5), scaled(0.5 * policy), Spills(4, 5, 6, 7, 1.5), Spills()
    )
    foreign = HotFunction("memcpy", 0.25, scaled(0.25), scaled(0.25), None, None)
    return WorkloadResult(
        name,
        tuple(BuildCost(build, scaled(factor)) for build, factor in costs),
        agree,
        (function, foreign),
        time,
    )


def program(name, *workloads, error=""):
    builds = () if error else ("stock", "control", "policy")
    sizes = tuple(BuildSize(build, 5000, 4, 5, 6, 7, 0.5) for build in builds)
    return RegallocProgram(name, "1-1", "a" * 64, "", 3, 3, 1, sizes, workloads, error)


def evaluation(*programs, **options):
    time = options.pop("time", None)
    command = ("mlgo", "evaluate", "regalloc")
    return RegallocEvaluation(command, SUBJECT, RegallocSettings(**options), programs, time)


def test_a_programs_change_is_the_geometric_mean_of_its_workloads():
    (total,) = [
        t
        for t in totals(evaluation(program("a", workload("x", 0.8), workload("y", 1.25))))
        if t.build == "policy"
    ]
    assert total.weighted == pytest.approx(0, abs=1e-12)
    three = evaluation(program("a", workload("x", 0.9)), program("b", workload("x", 1.1)))
    total = next(t for t in totals(three) if t.build == "policy")
    assert total.weighted == pytest.approx(math.sqrt(0.9 * 1.1) - 1)
    assert (total.worst, total.worst_change) == ("b", pytest.approx(0.1))


def test_weighted_cost_counts_memory_twice():
    assert Cost(10, 3, 2).weighted == 10 + 2 * 3 + 2 * 2


def test_what_failed_or_differs_is_said_everywhere():
    found = evaluation(
        program("good", workload("x", 0.99)),
        program("wrong", workload("x", 1.0, agree=False)),
        program("broken", error="does not link"),
    )
    for text in (summary(found), report.render(regalloc_page(found))):
        assert "does not link" in text
        assert "the outputs of x differ between the builds" in text
    assert totals(evaluation(program("broken", error="does not link"))) == ()
    report.render(regalloc_page(evaluation(program("broken", error="does not link"))))


def test_names_are_escaped_and_functions_of_the_c_library_left_out():
    page = report.render(regalloc_page(evaluation(program("a", workload("x", 0.99)))))
    assert "hot&lt;int&gt;" in page
    assert "memcpy" not in page


_ratio = st.one_of(st.none(), st.just(Ratio(1.0, 0.9, 1.1)))
_factor = st.floats(0.5, 2)
_workload = st.builds(workload, st.sampled_from("xy"), _factor, st.booleans(), _ratio)
_program = st.one_of(
    st.builds(program, st.text("ab<", min_size=1), _workload, _workload),
    st.builds(lambda name, error: program(name, error=error), st.just("c"), st.just("bad")),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(_program, max_size=3), st.booleans(), _ratio)
def test_json_follows_the_schema_and_comes_back(tmp_path_factory, programs, pgo, time):
    found = evaluation(*programs, pgo=pgo, time=time)
    path = tmp_path_factory.mktemp("json") / "e.json"
    path.write_text(to_json(found))
    fastjsonschema.compile(schema())(json.loads(path.read_text()))
    assert read_evaluation(path) == found


def test_another_document_is_refused(tmp_path):
    (tmp_path / "x.json").write_text('{"format": 1, "problem": "inlining"}')
    with pytest.raises(UserError, match="no evaluation of register allocation"):
        read_evaluation(tmp_path / "x.json")
    with pytest.raises(UserError, match="no evaluation at"):
        read_evaluation(tmp_path / "none.json")
