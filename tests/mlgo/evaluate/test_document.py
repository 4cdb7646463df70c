import json
from dataclasses import replace

import fastjsonschema
import pytest
from hypothesis import given

from mlgo.errors import UserError
from mlgo.evaluate.document import read_evaluation, schema, to_json, write_evaluation
from tests.mlgo.evaluate.evaluations import any_evaluation, evaluation, program

validate = fastjsonschema.compile(schema())


@given(any_evaluation)
def test_every_evaluation_is_of_the_schema(some):
    validate(json.loads(to_json(some)))


@given(any_evaluation)
def test_read_is_what_was_written(tmp_path_factory, some):
    path = tmp_path_factory.mktemp("document") / "evaluation.json"
    write_evaluation(some, path)
    assert read_evaluation(path) == some


def test_same_evaluation_same_bytes():
    assert to_json(evaluation(program("re2", (9, 8)))) == to_json(
        evaluation(program("re2", (9, 8)))
    )


def test_the_schema_refuses_what_is_none():
    document = json.loads(to_json(evaluation(program("re2", (9, 8)))))
    for broken in (
        {**document, "format": 2},
        {**document, "surprise": 1},
        {key: value for key, value in document.items() if key != "totals"},
        {**document, "programs": [{**document["programs"][0], "name": 1}]},
    ):
        with pytest.raises(fastjsonschema.JsonSchemaValueException):
            validate(broken)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "{", '{"format": 9, "problem": "inlining"}', '{"format": 1, "problem": "x"}'],
)
def test_what_is_no_evaluation_is_said_to_be_none(tmp_path, text):
    path = tmp_path / "evaluation.json"
    path.write_text(text)
    with pytest.raises(UserError, match="is not an evaluation"):
        read_evaluation(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.json"):
        read_evaluation(tmp_path / "nowhere.json")


def test_nothing_that_json_does_not_know_gets_in():
    broken = replace(evaluation(), subject=replace(evaluation().subject, seed=float("nan")))
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(broken)
