"""The search itself, on programs whose best decisions are known by construction."""

import contextlib
import dataclasses
import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mlgo.tune.decisions import Decision, Key
from mlgo.tune.moves import choose
from mlgo.tune.regions import Batch, Regions
from mlgo.tune.search import Outcome, bytes_of, search, start
from mlgo.tune.state import Params
from mlgo.tune.store import load_state, save_state


class CallGraph:
    """A compile as arithmetic: a call costs 5 bytes, an inlined one its callee's body.

    Functions are numbered callees first; `calls[i]` are the callees of function i, `sizes[i]` the
    bytes of its body; function i disappears when all calls of it are inlined, unless it is last.
    """

    def __init__(self, sizes, calls):
        self.sizes, self.calls = sizes, calls
        self.compiles = 0

    def weight(self, function):
        return 1.0

    def compile(self, decisions):
        self.compiles += 1
        listed = {d.key: d.inline for d in decisions}
        taken, total, called = [], {}, set()
        for caller, callees in enumerate(self.calls):
            total[caller] = self.sizes[caller]
            for ordinal, callee in enumerate(callees):
                key = Key(f"f{caller}", f"f{callee}", ordinal)
                inline = listed.get(key, False)
                taken.append(Decision(key, inline, -1.0))
                total[caller] += total[callee] if inline else 5
                if not inline:
                    called.add(callee)
        last = len(self.calls) - 1
        sizes = {f"f{i}": size for i, size in total.items() if i in called or i == last}
        return Outcome(taken, sizes)


@st.composite
def graphs(draw):
    count = draw(st.integers(2, 6))
    sizes = draw(st.lists(st.integers(1, 30), min_size=count, max_size=count))
    calls = [[]]
    for caller in range(1, count):
        calls.append(draw(st.lists(st.integers(0, caller - 1), min_size=1, max_size=3)))
    return CallGraph(sizes, calls)


def begin(graph):
    return start(graph, [graph.compile([])], 1)


@given(graphs(), st.integers(1, 30), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_the_best_is_real_and_never_bigger_and_within_budget(graph, budget, seed):
    state = search(graph, begin(graph), budget, Params(seed=seed))
    assert graph.compiles == state.spent <= budget
    assert bytes_of(graph, graph.compile(state.best).sizes) == state.best_size
    assert state.best_size <= state.first_size


def test_it_finds_the_optimum_of_a_small_program():
    graph = CallGraph([3, 20, 9], [[], [0, 0], [0, 1]])
    keys = [d.key for d in graph.compile([]).decisions]
    every = [
        [Decision(key, inline, -1.0) for key, inline in zip(keys, choice, strict=True)]
        for choice in itertools.product((False, True), repeat=len(keys))
    ]
    best = min(bytes_of(graph, graph.compile(decisions).sizes) for decisions in every)
    state = search(graph, begin(graph), 60, Params())
    assert state.best_size == best < state.first_size


@given(graphs(), st.integers(2, 20), st.integers(0, 19))
@settings(max_examples=30, deadline=None)
def test_a_stopped_search_ends_as_an_uninterrupted_one(tmp_path_factory, graph, budget, stop):
    whole = search(graph, begin(graph), budget, Params())
    file = tmp_path_factory.mktemp("state") / "s.json"

    class KilledError(Exception):
        pass

    def save(state):
        save_state(file, state)
        if state.spent == stop:
            raise KilledError

    first = begin(graph)
    save_state(file, first)
    with contextlib.suppress(KilledError):
        search(graph, first, budget, Params(), save)
    resumed = search(graph, load_state(file), budget, Params())
    assert dataclasses.asdict(resumed) == dataclasses.asdict(whole)


CALLS = [
    Decision(Key("b", "a", 0), True, 1.0),
    Decision(Key("c", "b", 0), True, 1.0),
    Decision(Key("d", "c", 0), False, -1.0),
    Decision(Key("d", "c", 1), False, -1.0),
    Decision(Key("e", "c", 0), False, -1.0),
]


def test_regions_reach_up_through_what_is_inlined():
    regions = Regions(CALLS, {"c", "d", "e", "x"})
    assert regions.reach([Key("a", "x", 0)])[0] == {"a", "b", "c"}  # x has its code anyway
    assert regions.reach([Key("c", "b", 0)])[0] == {"c", "b"}  # b gets code of its own
    assert regions.reach([Key("d", "c", 0)])[0] == {"d"}
    assert regions.reach([d.key for d in CALLS[2:]])[0] == {"c", "d", "e"}  # c goes
    only = Decision(Key("c", "y", 0), False, -1.0)
    regions = Regions([*CALLS, only], {"c", "d", "e", "y"})
    assert regions.reach([d.key for d in CALLS[2:]])[0] == {"c", "d", "e", "y"}  # y is c's alone
    also = Decision(Key("b", "y", 0), False, -1.0)
    assert Regions([only, also], {"c", "y"}).reach([only.key])[0] == {"c", "y"}  # b has no code


def test_a_batch_takes_what_does_not_meet():
    regions = Regions(CALLS, {"c", "d", "e", "x"})
    d, also_d, e = [Key("d", "c", 0)], [Key("d", "c", 1)], [Key("e", "c", 0)]
    batch = Batch(regions)
    assert batch.add(d) == {"d"}
    assert batch.add(also_d) is None  # changes d too
    assert batch.add([Key("b", "a", 0)]) is None  # changes c, which d reads
    assert batch.add(e) is None  # c may lose its last call
    batch = Batch(regions)
    assert batch.add([*d, *also_d]) == {"d"}
    assert batch.add(e) is None  # would take the last call of c
    assert Batch(regions).add(e) == {"e"}
    batch = Batch(regions)
    assert batch.add([Key("b", "a", 0)]) == {"a", "b", "c"}
    assert batch.add(d) is None  # reads c, which changes


def test_calls_that_go_with_their_callers_count():
    calls = [("p", "s"), ("q", "t"), ("s", "y"), ("t", "y")]
    regions = Regions([Decision(Key(*c, 0), False, -1.0) for c in calls], {*"pqsty"})
    p, q = [Key("p", "s", 0)], [Key("q", "t", 0)]
    batch = Batch(regions)
    assert batch.add(p) == {"p", "s"}
    assert batch.add(q) is None  # y would go, and nobody could tell why
    assert Batch(regions).add(q) == {"q", "t"}
    assert regions.reach([*p, *q])[0] == {*"pqsty"}


def test_a_call_asked_about_twice_is_one_call():
    again = [Decision(Key("p", "y", n), False, -1.0) for n in (0, 1)]
    assert Regions(again, {"p", "y"}).reach([again[0].key])[0] == {"p", "y"}
    itself = Decision(Key("y", "y", 0), False, -1.0)
    assert Regions([*again, itself], {"p", "y"}).reach([again[0].key])[0] == {"p", "y"}


def test_more_questions_about_a_call_are_answered_alike():
    graph = CallGraph([3, 20, 9], [[], [0, 0], [0, 1]])
    state, lists = begin(graph), []
    compile_ = graph.compile
    graph.compile = lambda decisions: lists.append(list(decisions)) or compile_(decisions)
    search(graph, state, 8, Params())
    for listed in lists:
        decided = {d.key: d.inline for d in listed}
        for caller, callee in {(d.key.caller, d.key.callee) for d in state.base}:
            *_, last = [d for d in state.base if (d.key.caller, d.key.callee) == (caller, callee)]
            later = {decided[Key(caller, callee, last.key.ordinal + n)] for n in range(1, 5)}
            assert later == {decided[last.key]}


def test_what_was_tried_least_goes_first_and_nothing_is_undone_soon():
    graph = CallGraph([3, 20, 9], [[], [0, 0], [0, 1]])
    state = begin(graph)
    batches = []
    for _ in range(6):
        batches.append(choose(state, Params(batch=1), rng(0))[0])
        state.tried[batches[-1].name] = state.tried.get(batches[-1].name, 0) + 1
    names = [move.name for move in batches]
    together = ["f0\tinline", "f1\tf0\tinline"]
    assert sorted(names[:4]) == sorted([*together, "f2\tf0\t0", "f2\tf1\t1"])
    assert [move.turn for move in batches] == [0, 0, 0, 0, 1, 1]
    state = begin(graph)
    search(graph, state, 3, Params(batch=1))
    assert state.tried == {"f0\tinline": 1, "f0\tkeep": 1}  # it paid, and undoing it waits
    assert all(m.name != "f0\tkeep" for m in choose(state, Params(batch=1), rng(0)))


def test_tried_moves_fill_the_callers_that_are_left():
    graph = CallGraph([3, 20, 9, 4], [[], [0], [0], [1, 2, 0, 0]])
    state = begin(graph)
    everything = {m.name for seed in range(9) for m in choose(state, Params(), rng(seed))}
    state.tried = {name: 1 for name in everything if not name.startswith("f3")}
    turns = {m.keys[0].caller: m.turn for m in choose(state, Params(groups=False), rng(0))}
    assert turns["f3"] == 0
    assert 1 in turns.values()


def test_what_paid_before_is_tried_first():
    graph = CallGraph([3, 20, 9], [[], [0, 0], [0, 1]])
    first = []
    for won in (0, 20):
        state = begin(graph)
        state.record = {"f0\tinline": (20, won), "f1\tinline": (20, 20 - won)}
        only = Params(sites=False, groups=False, batch=1)
        batches = [choose(state, only, rng(seed)) for seed in range(40)]
        first.append(sum(batch[0].keys[0].callee == "f0" for batch in batches))
    assert first[0] < 20 < first[1]


def test_a_partner_that_is_inlined_adds_nothing():
    graph = CallGraph([40, 20, 9], [[], [0, 0, 0], [0, 1]])
    inlined, only = Key("f2", "f0", 0), Key("f2", "f1", 1)
    state = start(graph, [graph.compile([Decision(inlined, True, 1.0)])], 1)
    state.tried = {"\t".join(map(str, d.key)): 1 for d in state.base}
    params = Params(sites=False, groups=False, batch=1)
    growth = {m.keys: m.growth for seed in range(200) for m in choose(state, params, rng(seed))}
    assert growth[only, inlined] == growth[inlined, only] == 0
    assert growth[(Key("f1", "f0", 0),)] > 0


def rng(seed):
    return np.random.default_rng(seed)
