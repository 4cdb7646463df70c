"""Whole files, and what is no file."""

import os
import stat
from pathlib import Path

import pytest

from mlgo import atomic
from telamalloc import atomic as telamalloc_atomic


@pytest.mark.parametrize(
    "write",
    [lambda p: atomic.write_text(p, "x"), lambda p: telamalloc_atomic.write_bytes(p, b"x")],
)
def test_a_device_is_written_to_and_not_replaced(tmp_path: Path, write):
    device = tmp_path / "full"
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 7))
        device.open("wb").close()
    except PermissionError:
        pytest.skip("devices need root, and a file system that allows them")
    with pytest.raises(OSError, match="No space left"):
        write(device)
    assert stat.S_ISCHR(device.stat().st_mode)
    assert [p.name for p in tmp_path.iterdir()] == ["full"]
