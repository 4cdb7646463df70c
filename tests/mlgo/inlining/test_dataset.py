from types import MappingProxyType

import numpy as np

from mlgo.corpus.program import Module, Origin, Program
from mlgo.inlining.dataset import Examples, balanced, better_actions, concatenate, decisions
from mlgo.inlining.features import FEATURES
from mlgo.rollout.collect import Collected, Task
from mlgo.rollout.explore import Exploration


def collected(callees=(0, 1, 2, 3), callee_changes=MappingProxyType({})):
    """Two modules that share the function f; flips save, cost and change nothing."""
    modules = tuple(Module(name, name, name, (), "") for name in ("a", "b"))
    program = Program("p", Origin("debian", "p", "1", ""), 22, modules, ())
    changes = {0: {"f": 6}, 2: {"static s": 9}, 3: {}}
    found = [
        Exploration(
            np.arange(4 * len(FEATURES)).reshape(4, -1),
            np.array([0, 1, 1, 0]),
            np.zeros(4, np.float32),
            np.array(callees),
            {"f": 10, "static s": 4},
            changes,
            callee_changes,
        )
        for _ in modules
    ]
    return [Collected(Task(program, m), e) for m, e in zip(modules, found, strict=True)]


def test_the_better_action_and_its_bytes():
    examples = better_actions(collected(), clip=100, link_aware=True)
    # Flip 0 saves 4 bytes of a function in two modules, flip 2 costs 5 bytes, flip 3 nothing.
    assert examples.actions.tolist() == [1, 1, 0] * 2
    assert examples.weights.tolist() == [2, 5, 0] * 2
    assert np.array_equal(examples.features[:3], collected()[0].exploration.features[[0, 2, 3]])


def test_without_the_linker_in_mind_every_copy_counts_and_clipping_bounds_it():
    assert better_actions(collected(), 100, False).weights.tolist() == [4, 5, 0] * 2
    assert better_actions(collected(), 3, False).weights.tolist() == [3, 3, 0] * 2


def test_calls_of_one_callee_share_what_they_change_together():
    # Calls 1 and 2 go to one callee: keeping both saves 6 bytes, keeping 2 alone costs 5.
    together = collected(callees=(0, 1, 1, 1), callee_changes={1: {"static s": 0, "f": 6}})
    examples = better_actions(together, 100, False)
    assert examples.actions.tolist() == [1, 0, 0, 0] * 2
    assert examples.weights.tolist() == [4, 4, 4, 0] * 2


def test_cloning_sees_every_decision():
    assert decisions(collected()).actions.tolist() == [0, 1, 1, 0] * 2


def test_modules_that_failed_are_left_out():
    task = collected()[0].task
    assert len(decisions([Collected(task, None, "error")])) == 0
    assert len(concatenate([])) == 0


def test_a_large_program_does_not_drown_a_small_one():
    def program(rows, weight):
        features, actions = np.zeros((rows, len(FEATURES)), np.int64), np.ones(rows, np.int64)
        return Examples(features, actions, np.full(rows, weight, np.float32))

    programs = [program(100, 9.0), program(4, 4.0)]  # 900 and 16 bytes at stake
    assert balanced(programs, 0.0).weights.sum() == 916
    root = balanced(programs, 0.5).weights
    np.testing.assert_allclose([root[:100].sum(), root[100:].sum()], [30, 4], rtol=1e-5)
    alike = balanced(programs, 1.0).weights
    np.testing.assert_allclose([alike[:100].sum(), alike[100:].sum()], [1, 1], rtol=1e-5)
