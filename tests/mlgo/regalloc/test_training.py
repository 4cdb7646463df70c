"""The methods of `mlgo train regalloc` on two small programs: from bitcode to weights, resumed."""

import dataclasses

import gin
import numpy as np
import pytest

from mlgo.errors import UserError
from mlgo.regalloc.allocate import Allocator
from mlgo.regalloc.evolution import EvictionEvolution, RegallocEvolution
from mlgo.regalloc.explore import load_alternatives
from mlgo.regalloc.learn import Preference
from mlgo.regalloc.priority_evolution import PriorityEvolution
from mlgo.regalloc.size_evolution import SizeEvolution
from mlgo.regalloc.training import RegallocTraining, Training
from mlgo.regalloc.weights import load_eviction_weights
from mlgo.toolchain import find_toolchain
from mlgo.train.evolution import load_state
from tests.mlgo.evaluate.conftest import make_program
from tests.mlgo.regalloc.conftest import SOURCE

CONFIG = RegallocTraining(
    train=("mixer",), validation=("other",), rounds=1, compiles=4, cautions=(1.0, 2.0)
)


class Told:
    """Progress, as lines."""

    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)

    def bar(self, title, total):
        return _Bar()


class _Bar:
    def __enter__(self):
        return lambda: None

    def __exit__(self, *_):
        return None


@pytest.fixture
def train(plugin22, tmp_path, monkeypatch):
    """Runs a method in a work folder; returns the best weights and what was told."""
    monkeypatch.setenv("MLGO_HOME", str(tmp_path / "home"))
    for name, shift in (("mixer", "n"), ("other", "(n + 7) % 31 + 1")):
        source = SOURCE.replace("(x << n) | (x >> (32 - n))", f"(x << ({shift})) | (x >> 3)")
        folder = tmp_path / "home" / "corpus" / name
        make_program(folder, name, {"x.cc": source}, ("x.cc.o",))

    def run(kind, folder, **changes):
        told = Told()
        config = dataclasses.replace(CONFIG, **changes)
        allocator = Allocator(find_toolchain(22), plugin22, config.level)
        learning = Preference(epochs=2, layers=(4,))
        return kind(config, learning, allocator, tmp_path / folder, 1, told).run(), told.notes

    yield run
    gin.clear_config()


def test_expert_iteration_ends_as_an_uninterrupted_run_does(train, tmp_path):
    best, notes = train(Training, "work")
    assert [note.split(":")[0] for note in notes] == [f"round 0, caution {c}" for c in (1, 2)]
    (file,) = (tmp_path / "work" / "round-0").rglob("*.npz")
    found = load_alternatives(file)
    assert len(found) >= 4
    assert (found.change != 0).any()
    learned = load_eviction_weights(tmp_path / "work" / "round-0.mlgo")
    assert all(np.isfinite(kernel).all() for kernel in learned.kernels)
    assert (learned.kernels[-1] != 0).any()
    kept = best.read_bytes()

    # Stopped after exploring: what was explored stays, learning begins again.
    stamp = file.stat().st_mtime_ns
    for name in ("round-0.mlgo", "best.mlgo", "best.json"):
        (tmp_path / "work" / name).unlink()
    assert train(Training, "work") == (best, notes)
    assert best.read_bytes() == kept
    assert load_eviction_weights(tmp_path / "work" / "round-0.mlgo").sha256 == learned.sha256
    assert file.stat().st_mtime_ns == stamp


@pytest.mark.parametrize(
    ("kind", "level"),
    [(EvictionEvolution, "-O2"), (PriorityEvolution, "-O2"), (SizeEvolution, "-Oz")],
)
def test_evolution_goes_on_from_the_last_step(train, tmp_path, kind, level):
    def steps(folder, count):
        name = f"{RegallocEvolution.__module__}.RegallocEvolution"
        gin.clear_config()
        gin.parse_config(
            [
                f"{name}.iterations = {count}",
                f"{name}.pairs = 1",
                f"{name}.sigma = 0.5",
                f"{name}.hottest = 1",
                f"{name}.validate_every = 9",
            ]
        )
        _, notes = train(kind, folder, level=level)
        return load_state(tmp_path / folder / "state.npz"), notes

    first, _ = steps("parts", 1)
    assert (first.step, first.theta.any()) == (1, True)
    resumed, notes = steps("parts", 2)
    assert not any(note.startswith("step 1:") for note in notes)
    whole, _ = steps("whole", 2)
    np.testing.assert_array_equal(resumed.theta, whole.theta)
    assert resumed.step == whole.step == 2
    assert (whole.theta != first.theta).any()


def test_programs_are_either_trained_or_validated_on(train):
    with pytest.raises(UserError, match="mixer is in both"):
        train(Training, "work", validation=("mixer",))
