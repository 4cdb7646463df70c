"""The table of workloads: consistent with the corpus's table and with our drivers."""

import pytest

from mlgo.corpus.recipe import find_recipe
from mlgo.errors import UserError
from mlgo.workloads.executable import DRIVERS
from mlgo.workloads.inputs import KINDS
from mlgo.workloads.table import find_workloads, workloads


def test_every_entry_can_be_run():
    for name, entry in workloads().items():
        assert find_recipe(name).split, f"{name} is not in packages.toml"
        assert all((DRIVERS / n).is_file() for n in (entry.main, entry.extra) if n)
        for run in entry.workloads:
            assert {i.kind for i in (run.train, run.measure)} <= {*KINDS, ""}


def test_what_is_measured_is_not_what_was_trained_on():
    for entry in workloads().values():
        for run in entry.workloads:
            assert run.train.seed != run.measure.seed
            assert run.train.size != run.measure.size


def test_a_program_without_workloads_is_named_with_those_that_have_some():
    with pytest.raises(UserError, match="nonesuch has no workloads") as caught:
        find_workloads("nonesuch")
    assert "lua5.4" in caught.value.hint
