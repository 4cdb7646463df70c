import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgo.errors import UserError
from mlgo.rollout.log import read_log

HEADER = {
    "features": [
        {"name": "count", "type": "int64_t", "port": 0, "shape": [1]},
        {"name": "share", "type": "float", "port": 0, "shape": [2]},
    ]
}
ROW = np.dtype([("count", "<i8", (1,)), ("share", "<f4", (2,))])


def encode(rows, context="m.c"):
    lines = [json.dumps(HEADER).encode(), json.dumps({"context": context}).encode()]
    for index, row in enumerate(rows):
        lines += [json.dumps({"observation": index}).encode(), row.tobytes()]
    return b"\n".join(lines) + b"\n"


int64 = st.integers(-(2**63), 2**63 - 1)
float32 = st.floats(width=32, allow_nan=False)


@given(st.lists(st.tuples(st.tuples(int64), st.tuples(float32, float32))))
def test_rows_come_back_whatever_bytes_they_hold(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("log") / "x.log"
    array = np.array(rows, ROW)
    path.write_bytes(encode(array))
    found = read_log(path)
    assert found.rows.tobytes() == array.tobytes()
    assert found.contexts == ("m.c",) * len(rows)


def test_every_cut_is_noticed_or_ends_between_decisions(tmp_path):
    path = tmp_path / "x.log"
    whole = encode(np.zeros(3, ROW))
    for length in range(1, len(whole)):
        path.write_bytes(whole[:length])
        with contextlib.suppress(UserError):
            assert len(read_log(path)) < 3


def test_a_missing_feature_is_named(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(encode(np.zeros(2, ROW)))
    assert read_log(path).matrix(("count",)).shape == (2, 1)
    with pytest.raises(UserError, match="lacks the feature 'height'"):
        read_log(path).matrix(("count", "height"))


def test_a_missing_file(tmp_path):
    with pytest.raises(UserError, match="no training log"):
        read_log(tmp_path / "none")
