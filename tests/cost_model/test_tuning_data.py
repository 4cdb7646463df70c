"""TpuGraphs' raw measurements, written here field by field, are read as kernels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cost_model.hlo import proto
from cost_model.hlo.features import graph
from cost_model.tuning_data import read_tuning_data
from cost_model.xla.wire import Message, bytes_field, varint_field
from mlgo.errors import UserError

_NETWORK = Path(__file__).parent / "testdata" / "network.hlo.pb"


def _run(
    bounds: list[int], nanoseconds: int, *, error: bool = False, default: bool = False
) -> bytes:
    output = b"".join(varint_field(2, bound) for bound in bounds)
    config = bytes_field(1, bytes_field(1, output))
    profile = bytes_field(4, varint_field(4, nanoseconds))
    return config + varint_field(3, error) + profile + varint_field(5, default)


def _module() -> bytes:
    content = _NETWORK.read_bytes()
    message = Message(content)
    if message.messages(3):
        return content
    return b"".join(message._bytes(1))


def _data(runs: list[bytes]) -> bytes:
    module = bytes_field(1, _module()) + varint_field(2, 12345)
    return bytes_field(1, module + b"".join(bytes_field(3, run) for run in runs))


def test_kernels_are_read(tmp_path: Path) -> None:
    runs = [
        _run([8, 128], 500),
        _run([16, 128], 400, default=True),
        _run([1, 1], 999, error=True),
        _run([2, 2], 0),
    ]
    (tmp_path / "data.pb").write_bytes(_data(runs))
    (kernel,) = read_tuning_data(tmp_path / "data.pb")
    assert list(kernel.config_runtime) == [500, 400]
    assert list(kernel.config_runtime_normalizers) == [400, 400]
    assert kernel.default_index == 1
    assert kernel.config_feat[0, 8:10].tolist() == [8, 128]
    assert kernel.config_feat[0, 14:16].tolist() == [136, 1024]
    expected = graph(proto.parse(_NETWORK.read_bytes()))
    assert np.array_equal(kernel.node_feat, expected.node_feat)
    assert kernel.problem() == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", _data([_run([1], 5)]), _data([_run([1], 5), _run([2], 6, default=True)])[:-9]],
    ids=["empty", "text", "one tile", "truncated"],
)
def test_bad_files_are_clear_errors(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.pb").write_bytes(content)
    with pytest.raises(UserError, match=r"data\.pb"):
        read_tuning_data(tmp_path / "data.pb")
