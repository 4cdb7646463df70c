import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgo.errors import UserError
from mlgo.tune.decisions import (
    Decision,
    Key,
    Skip,
    differences,
    portable_name,
    read_record,
    read_skips,
    write_decisions,
)

name = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
decision = st.builds(
    Decision,
    st.builds(Key, name, name, st.integers(0, 99)),
    st.booleans(),
    st.floats(-9, 9).filter(lambda x: abs(x) > 1e-3),
)


@given(st.lists(decision))
def test_what_is_left_out_is_what_the_policy_does_anyway(decisions):
    listed = differences(decisions)
    for d in decisions:
        assert (d in listed) == (d.inline != (d.logit > 0))


def test_a_score_too_small_to_tell_stays_listed():
    unsure = Decision(Key("f", "g", 0), False, -0.000001)
    assert differences([unsure]) == [unsure]


def test_lists_are_sorted_and_empty_modules_left_out(tmp_path):
    path = tmp_path / "d.tsv"
    one = [Decision(Key("f", "g", 2), True, -1.0)]
    write_decisions(path, {"b.c": one, "a.c": one, "c.c": []})
    line = "inline\tf\tg\t2\n"
    assert path.read_text() == f"mlgo-decisions-1\nmodule\ta.c\n{line}module\tb.c\n{line}"
    assert [p.name for p in tmp_path.iterdir()] == ["d.tsv"]


@pytest.mark.parametrize("text", ["", "other\n", "mlgo-decisions-1\nkeep\tf\n"])
def test_a_malformed_record_is_told(tmp_path, text):
    path = tmp_path / "record.tsv"
    path.write_text(text)
    with pytest.raises(UserError, match="no record of decisions"):
        read_record(path)


def test_what_is_left_out_is_a_line(tmp_path):
    path = tmp_path / "d.tsv"
    write_decisions(path, {"": [Skip("f", frozenset({"b", "a"})), Skip("g", frozenset())]})
    assert path.read_text() == "mlgo-decisions-1\nskip\tf\ta,b\nskip\tg\t-\n"


@pytest.mark.parametrize("text", ["x\n", "[]\n", '{"function": "f", "module": "x.c"}\n'])
def test_a_malformed_log_is_told(tmp_path, text):
    path = tmp_path / "passes.jsonl"
    path.write_text(text)
    with pytest.raises(UserError, match="no log of passes"):
        read_skips(path)


def test_names_match_from_any_build_folder():
    assert portable_name("../../src/a.cc") == "src/a.cc"
    assert portable_name("./a.cc") == "a.cc"
    assert portable_name("..a/b.c") == "..a/b.c"
