"""Splits: every kernel in one part, whole families apart."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_model.splits import SplitConfig, load_split, make_split
from mlgo.errors import UserError
from tests.cost_model import generate

KERNELS = [generate.kernel(seed, tiles=3) for seed in range(40)]


@given(seed=st.integers(0, 999), by=st.sampled_from(["kernel", "family"]))
def test_every_kernel_is_in_one_part(seed: int, by: str) -> None:
    split = make_split(SplitConfig(by=by, seed=seed), KERNELS)  # type: ignore[arg-type]
    names = [*split.train, *split.validation, *split.test]
    assert sorted(names) == sorted(kernel.name for kernel in KERNELS)
    if by == "family":
        parts = [
            {k.family for k in split.part(part, KERNELS)}
            for part in ("train", "validation", "test")
        ]
        assert sum(len(families) for families in parts) == len(set.union(*parts)) == 3


def test_families_can_be_named(tmp_path: Path) -> None:
    split = make_split(SplitConfig(test=("f1",), validation=("f2",)), KERNELS)
    assert {kernel.family for kernel in split.part("test", KERNELS)} == {"f1"}
    split.save(tmp_path / "split.json")
    assert load_split(tmp_path / "split.json") == split
    with pytest.raises(UserError, match="nothing"):
        make_split(SplitConfig(test=("nothing",)), KERNELS)


def test_the_published_folders_are_followed() -> None:
    folders = ["train", "valid", "test"]
    kernels = [
        dataclasses.replace(kernel, name=f"tile/xla/{folders[i % 3]}/{kernel.name}")
        for i, kernel in enumerate(KERNELS)
    ]
    split = make_split(SplitConfig(by="folder"), kernels)
    assert len(split.validation) == 13
    assert all("/valid/" in name for name in split.validation)
    with pytest.raises(UserError, match="no kernels would be left"):
        make_split(SplitConfig(by="folder"), KERNELS)


def test_a_file_that_is_no_split_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "split.json").write_text("{}")
    with pytest.raises(UserError, match="no split"):
        load_split(tmp_path / "split.json")
