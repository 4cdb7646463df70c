"""Programs' own test suites pass, whatever decides about register allocation."""

import pytest

from mlgo.plugin.build import build_plugin
from mlgo.testing import run_suite_with
from mlgo.workloads.allocation import allocation
from mlgo.workloads.optimise import Extra
from mlgo.workloads.profile import find_profile, use_profile
from mlgo.workloads.table import workloads
from tests.mlgo.regalloc.kinds import KINDS, MODEL, ORDER

SUITES = ("cmark", "leveldb", "libjsoncpp", "libzstd", "pugixml", "re2", "sqlite3", "yaml-cpp")
PROFILED = tuple(name for name in SUITES if name in workloads())  # the others have no profile


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("name", SUITES)
def test_suite_passes(name, kind):
    policy = allocation(
        build_plugin(22, MODEL),
        kind,
        seed=1,
        priority=ORDER.get(kind),
        trials=0,
    )
    extra = Extra(("-O2", *policy.arguments), policy.environment)
    outcome = run_suite_with(name, f"regalloc, {kind}", extra)
    assert outcome.passed, outcome.log[-3000:]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(MODEL != "regalloc-speed", reason="needs the model of register allocation")
@pytest.mark.parametrize("name", PROFILED)
def test_suite_passes_with_trials(name):
    """Needs the program in the corpus, with its profile (`mlgo corpus profile`)."""
    policy = allocation(build_plugin(22, MODEL), "learned", trials=100)
    use = use_profile(find_profile(name, 22))
    outcome = run_suite_with(
        name, "trials", Extra(("-O2", *use, *policy.arguments), policy.environment)
    )
    assert outcome.passed, outcome.log[-3000:]
