"""Reading and writing kernels: what is written is read again, what is bad is said to be."""

from __future__ import annotations

import dataclasses
import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_model.dataset import read_kernel, read_kernels, to_bytes, write_kernel, write_zip
from cost_model.kernel import Kernel
from mlgo.errors import UserError
from tests.cost_model import generate


def _same(a: Kernel, b: Kernel) -> bool:
    for field in dataclasses.fields(Kernel):
        left, right = getattr(a, field.name), getattr(b, field.name)
        if isinstance(left, np.ndarray):
            if left.dtype != right.dtype or not np.array_equal(left, right):
                return False
        elif left != right:
            return False
    return True


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), noisy=st.booleans())
def test_a_written_kernel_is_read_again(tmp_path_factory: Any, seed: int, noisy: bool) -> None:
    path = tmp_path_factory.mktemp("kernels") / f"k{seed}.npz"
    kernel = generate.kernel(seed)
    if noisy:
        kernel = dataclasses.replace(kernel, noise=np.full(kernel.configs, 0.01, np.float32))
    write_kernel(kernel, path)
    assert _same(kernel, read_kernel(path))
    assert path.read_bytes() == to_bytes(kernel)
    assert list(path.parent.iterdir()) == [path]


def test_numpy_reads_the_arrays_of_the_published_format(tmp_path: Path) -> None:
    kernel = generate.kernel(1)
    write_kernel(kernel, tmp_path / "k.npz")
    with np.load(tmp_path / "k.npz", allow_pickle=False) as found:
        assert found["node_feat"].shape == (3, 140)
        assert np.array_equal(found["config_runtime"], kernel.config_runtime)


def test_what_numpy_wrote_is_read(tmp_path: Path) -> None:
    kernel = generate.kernel(2)
    arrays = ("node_feat", "node_opcode", "edge_index", "config_feat", "config_runtime")
    arrays += ("config_runtime_normalizers",)
    wide = {a: getattr(kernel, a) for a in arrays}
    wide["edge_index"] = wide["edge_index"].astype(np.int64)
    np.savez(tmp_path / "k2.npz", **wide)
    found = read_kernel(tmp_path / "k2.npz")
    assert np.array_equal(found.config_feat, kernel.config_feat)
    assert found.edge_index.dtype == np.int32
    assert found.default_index == -1


def test_a_folder_and_a_zip_file_give_the_same_kernels(tmp_path: Path) -> None:
    kernels = [generate.kernel(seed) for seed in range(3)]
    (tmp_path / "deep").mkdir()
    for kernel in kernels:
        write_kernel(kernel, tmp_path / "deep" / f"{kernel.name}.npz")
    found = read_kernels(tmp_path)
    assert [kernel.name for kernel in found] == ["deep/k0", "deep/k1", "deep/k2"]
    write_zip(found, tmp_path / "all.zip")
    for left, right in zip(found, read_kernels(tmp_path / "all.zip"), strict=True):
        assert _same(left, right)


def _bad_files(kernel: Kernel) -> dict[str, tuple[bytes, str]]:
    good = to_bytes(kernel)
    arrays = {k: v for k, v in vars(kernel).items() if isinstance(v, np.ndarray)}

    def saved(**changes: Any) -> bytes:
        out = io.BytesIO()
        np.savez(out, **{**arrays, **changes})
        return out.getvalue()

    def without(name: str) -> bytes:
        out = io.BytesIO()
        np.savez(out, **{k: v for k, v in arrays.items() if k != name})
        return out.getvalue()

    nan = kernel.node_feat.copy()
    nan[0, 5] = np.nan
    runtime = kernel.config_runtime.copy()
    runtime[0] = 0
    return {
        "truncated": (good[: len(good) // 2], "truncated"),
        "empty": (b"", "truncated"),
        "text": (b"hello", "no .npz file"),
        "pickle": (pickle.dumps([1]), "no .npz file"),
        "pickled-array": (saved(node_feat=np.array([{}], object)), "pickled"),
        "features": (saved(node_feat=kernel.node_feat[:, :-1]), "node_feat"),
        "configs": (saved(config_feat=kernel.config_feat[:, :-1]), "config_feat"),
        "runtimes": (saved(config_runtime=kernel.config_runtime[:-1]), "config_runtime"),
        "normalizers": (without("config_runtime_normalizers"), "normalizers"),
        "missing": (without("edge_index"), "edge_index"),
        "nan": (saved(node_feat=nan), "finite"),
        "zero": (saved(config_runtime=runtime), "positive"),
        "edge": (saved(edge_index=kernel.edge_index + 9), "edge_index"),
        "opcode": (saved(node_opcode=kernel.node_opcode - 200), "node_opcode"),
        "float-runtime": (saved(config_runtime=kernel.config_runtime * 0.5), "config_runtime"),
        "default": (saved(default_index=np.int64(99)), "default_index"),
        "metadata": (saved(metadata=np.frombuffer(b"[1]", np.uint8)), "metadata"),
    }


@pytest.mark.parametrize("case", sorted(_bad_files(generate.kernel(0))))
def test_a_bad_file_is_a_clear_error(tmp_path: Path, case: str) -> None:
    content, words = _bad_files(generate.kernel(0))[case]
    path = tmp_path / f"{case}.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=words) as raised:
        read_kernel(path)
    assert str(path) in str(raised.value)
    assert raised.value.hint


def test_a_damaged_member_of_a_zip_file_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.npz", to_bytes(generate.kernel(0))[:-50])
    with pytest.raises(UserError, match=r"all\.zip:a\.npz"):
        read_kernels(tmp_path / "all.zip")


def test_a_folder_without_kernels_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no \.npz"):
        read_kernels(tmp_path)


def test_a_kernel_that_does_not_fit_together_is_not_written(tmp_path: Path) -> None:
    kernel = dataclasses.replace(generate.kernel(0), config_runtime=np.ones(2, np.int64))
    with pytest.raises(UserError, match="config_runtime"):
        write_kernel(kernel, tmp_path / "k.npz")
    assert not list(tmp_path.iterdir())
