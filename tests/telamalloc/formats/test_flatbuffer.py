"""A damaged model is refused with a FormatError, whatever the damage."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telamalloc.errors import FormatError, TelamallocError
from telamalloc.formats.flatbuffer import Table, read
from telamalloc.formats.tflm.metadata import read_offsets
from telamalloc.formats.tflm.model import parse_model
from telamalloc.formats.tflm.problem import tflm_problem

_MANY = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def model(models: Path) -> bytes:
    return (models / "looping.tflite").read_bytes()


def _parse(data: bytes) -> None:
    """Everything that planning reads of a model."""
    parsed = parse_model(data)
    read_offsets(parsed)
    tflm_problem(parsed)


@_MANY
@given(data=st.data())
def test_cut_off(model: bytes, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(model) - 1))
    try:
        _parse(model[:length])
    except FormatError:
        return
    # What was cut off is no part of what planning needs, e.g. the padding at the end.
    assert length > len(model) // 2


@_MANY
@given(at=st.integers(8, 2000), value=st.binary(min_size=1, max_size=4))
def test_overwritten(model: bytes, at: int, value: bytes) -> None:
    damaged = model[:at] + value + model[at + len(value) :]
    with contextlib.suppress(TelamallocError):  # anything else would be a crash
        _parse(damaged)


@_MANY
@given(data=st.binary(max_size=64))
def test_not_a_flatbuffer(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_model(data[:4] + b"TFL3" + data[4:])
    with pytest.raises(FormatError, match="TFL3"):
        parse_model(data[:4] + b"none" + data[4:])


def test_negative_positions_are_refused() -> None:
    with pytest.raises(FormatError, match="byte -4"):
        read(b"12345678", "I", -4)
    with pytest.raises(FormatError):  # its list of fields would lie before the file
        Table.at_byte((100).to_bytes(4, "little") + bytes(8), 0)
