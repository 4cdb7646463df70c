"""The search over one program, called as `mlgo tune` does."""

import dataclasses
import json

import pytest

from mlgo.plugin.build import build_plugin
from mlgo.policy import Policy
from mlgo.rollout.compiler import PluginCompiler
from mlgo.toolchain import find_toolchain
from mlgo.tune.lto import LtoTuner
from mlgo.tune.program import Tuner
from mlgo.tune.state import Params
from tests.mlgo.evaluate.conftest import make_program
from tests.mlgo.regalloc.conftest import SOURCE


@pytest.fixture
def tuner(tmp_path):
    """Of a program whose registers the policy allocates in another order than LLVM."""
    compiler = PluginCompiler(find_toolchain(22), build_plugin(22))
    program = make_program(tmp_path / "mixer", "mixer", {"x.cc": SOURCE}, ("x.cc.o",))
    where = tmp_path / "mixer", program, tmp_path / "work"
    return Tuner(compiler, *where, Policy("learned"), 4, 1, Params(), lambda *_: None)


@pytest.mark.parametrize(
    ("make", "kind"), [(Tuner, "learned"), (Tuner, "default"), (LtoTuner, "learned")]
)
def test_code_generation_is_searched_and_replayed(tuner, make, kind):
    fields = {f.name: getattr(tuner, f.name) for f in dataclasses.fields(Tuner)}
    result = make(**fields | {"budget": 60, "prior": Policy(kind)}).run()
    assert result.kept == "tuned"
    assert result.tuned < min(result.stock, result.policy)
    (module,) = result.modules
    lines = tuner.decisions.read_text().splitlines()
    assert module.functions == sum(line.startswith("skip\t") for line in lines) > 0
    assert module.compiles <= 60


def test_stocks_decisions_give_what_stock_does(tuner, monkeypatch):
    first = tuner.run()
    assert first.policy != first.stock
    file = tuner.work / "baseline.json"
    baseline = json.loads(file.read_text())
    baseline["linked"][1] = 10**9
    file.write_text(json.dumps(baseline))
    monkeypatch.setattr(Tuner, "_replayed", lambda *_: (10**9, 1))  # as if nothing were any good
    last = tuner.run()
    assert (last.kept, last.tuned, last.stock) == ("stock", first.stock, first.stock)
