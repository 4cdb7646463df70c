"""The search of code generation, on functions whose sizes are known by construction."""

import contextlib
import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from mlgo.tune.code import best_skips, search_all, search_code
from mlgo.tune.decisions import PARTS, Skip
from mlgo.tune.search import Outcome, bytes_of, start
from mlgo.tune.state import Params
from mlgo.tune.store import load_state, save_state

BITS = len(PARTS)


class Functions:
    """A compile as arithmetic: each part that is left out adds bytes, and so do pairs of them.

    The policy leaves out `usual[f]` in function f.
    """

    def __init__(self, usual, alone, pairs):
        self.usual = {f"f{i}": Skip(f"f{i}", parts) for i, parts in enumerate(usual)}
        self.alone, self.pairs = alone, pairs
        self.compiles = 0

    def weight(self, function):
        return 1.0

    def compile(self, decisions):
        self.compiles += 1
        listed = {d.function: d for d in decisions if isinstance(d, Skip)}
        skips = [listed.get(name, usual) for name, usual in self.usual.items()]
        sizes = {f"static {s.function}": self.size(i, s.parts) for i, s in enumerate(skips)}
        return Outcome([], sizes, "x.c", skips)

    def size(self, function, parts):
        bits = [i for i, part in enumerate(PARTS) if part in parts]
        alone = sum(self.alone[function][i] for i in bits)
        pairs = sum(self.pairs.get((i, j), 0) for i in bits for j in bits if i < j)
        return 1000 + alone + pairs


@st.composite
def functions(draw):
    count = draw(st.integers(1, 4))
    usual = [draw(st.frozensets(st.sampled_from(PARTS))) for _ in range(count)]
    change = st.integers(-20, 20)
    alone = [draw(st.lists(change, min_size=BITS, max_size=BITS)) for _ in range(count)]
    bit = st.integers(0, BITS - 1)
    return Functions(usual, alone, draw(st.dictionaries(st.tuples(bit, bit), change, max_size=5)))


def begin(target):
    return start(target, [target.compile([])], 1)


@given(functions(), st.integers(1, 25))
@settings(max_examples=60, deadline=None)
def test_the_best_is_real_and_never_bigger_and_within_budget(target, compiles):
    state = search_code(target, begin(target), compiles)
    assert target.compiles - 1 == state.generated <= compiles
    assert bytes_of(target, target.compile(best_skips(state)).sizes) == state.best_size
    assert state.best_size <= state.first_size
    assert all(skip.parts != target.usual[skip.function].parts for skip in best_skips(state))


@given(functions())
@settings(max_examples=30, deadline=None)
def test_parts_that_add_up_are_all_found(target):
    target.pairs = {}
    state = search_code(target, begin(target), BITS + 2)
    best = sum(1000 + sum(min(0, change) for change in alone) for alone in target.alone)
    assert state.best_size == best


@given(functions(), st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_a_search_that_was_stopped_ends_as_one_that_was_not(tmp_path_factory, target, stop):
    file = tmp_path_factory.mktemp("state") / "state.json"
    whole = search_all(target, begin(target), 100, Params())
    state = begin(target)

    def save(now):
        save_state(file, now)
        if now.generated == stop:
            raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        search_all(target, state, 100, Params(), save)
    assert search_all(target, load_state(file), 100, Params()) == whole


def test_where_there_is_no_choice_one_compile_tells(monkeypatch):
    target = Functions([frozenset()], [[0] * BITS], {})
    monkeypatch.setattr(
        target, "compile", lambda d: dataclasses.replace(Functions.compile(target, d), skips=())
    )
    state = search_code(target, begin(target), 20)
    assert (state.generated, best_skips(state)) == (1, [])
