"""The search: local search in all regions of a module at once, a compile a step.

Each compile follows a full list of decisions, so that a flip changes nothing but what it must, and
tries as many flips as have disjoint regions (`regions`). The exact size of each function tells
which flips paid; those stay, the others go, and the next compile tries the next ones. From time to
time a compile without a trial verifies what was put together; only that can become the result.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from mlgo.rollout.explore import Sizes
from mlgo.tune.decisions import Decision, Key
from mlgo.tune.regions import Regions

# A compile without a trial after so many with one.
_VERIFY = 6
# How much bigger a trial may make all, estimated: LLVM's ML advisor gives up at twice the size.
_GROWTH = 0.25
# Bytes of growth that make a move half as promising.
_HALVING = 32.0
_WORSE = 1.001


@dataclass(frozen=True)
class Outcome:
    """What a compile made of a list of decisions.

    Attributes:
        decisions: all that were taken, in order.
        sizes: function -> bytes; names of local linkage begin with "static ".
        source: the source file, as the compiler names the module; "" if nothing was decided.
    """

    decisions: list[Decision]
    sizes: Sizes
    source: str = ""


#: Hears of a trial's flip: the decisions as they were, and function -> bytes that it added.
Observer = Callable[[Sequence[Decision], Sizes], None]


class Target(Protocol):
    """What is searched: a module, or the link of one."""

    def compile(self, decisions: Sequence[Decision]) -> Outcome:
        """Compiles with these decisions, and the policy's where there is none."""

    def weight(self, function: str) -> float:
        """Returns how much a byte of a function counts in the program."""


@dataclass(frozen=True)
class Params:
    """Switches of the search, for ablations.

    Attributes:
        seed: of what is tried when.
        groups: try all calls of a callee together.
        pairs: in later rounds, flip two decisions of a region at once.
        sideways: in later rounds, keep flips that change nothing.
        batch: flips in a compile at most; 0 for as many as are independent.
        patience: compiles without a gain after which a search ends, once all has been tried.
    """

    seed: int = 0
    groups: bool = True
    pairs: bool = True
    sideways: bool = True
    batch: int = 0
    patience: int = 40


@dataclass
class State:
    """Where a search is; all that is needed to go on.

    Attributes:
        base: the decisions that trials start from.
        sizes: of the base, as far as known: put together from trials since it was verified.
        best: the decisions of the smallest verified compile.
        best_size: its weighted bytes.
        first_size: weighted bytes of what the search began with.
        spent: compiles.
        gained: what was spent when `best` was found.
        unverified: trials since the last verification.
        round: how often every move has been tried.
        tried: moves of this round, by name.
    """

    base: list[Decision]
    sizes: Sizes
    best: list[Decision]
    best_size: float
    first_size: float
    spent: int
    gained: int = 0
    unverified: int = 0
    round: int = 0
    tried: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Move:
    name: str
    keys: tuple[Key, ...]
    growth: float
    region: frozenset[str] = frozenset()  # known once it is chosen: thousands are not


def bytes_of(target: Target, sizes: Sizes) -> float:
    """Returns a compile's weighted bytes."""
    return sum(target.weight(name) * size for name, size in sizes.items())


def start(target: Target, candidates: Sequence[Outcome], spent: int) -> State:
    """Begins a search at the smallest of some outcomes, which took `spent` compiles."""
    sizes = [bytes_of(target, candidate.sizes) for candidate in candidates]
    best = candidates[int(np.argmin(sizes))]
    return State(best.decisions, best.sizes, best.decisions, min(sizes), min(sizes), spent)


def search(
    target: Target,
    state: State,
    budget: int,
    params: Params,
    save: Callable[[State], None] = lambda _: None,
    observe: Observer = lambda *_: None,
) -> State:
    """Spends compiles until `budget`; the state after each goes to `save`.

    `observe` hears of each flip that was tried: the decisions as they were, and the bytes that
    flipping them together added to functions.

    The same state, budget and parameters give the same result. Returns the state, whose `best` is
    verified and no bigger than what it began with.
    """
    while state.spent < budget and state.base and not _exhausted(state, params):
        last = state.spent == budget - 1
        if state.unverified and (last or state.unverified >= _VERIFY):
            _verify(target, state)
        elif last:
            break  # there is no compile left to verify another trial
        else:
            _trial(target, state, params, observe)
        save(state)
    return state


def _exhausted(state: State, params: Params) -> bool:
    return (
        state.round > 0 and state.spent - state.gained >= params.patience and not state.unverified
    )


def _verify(target: Target, state: State) -> None:
    outcome = target.compile(state.base)
    size = bytes_of(target, outcome.sizes)
    state.spent += 1
    state.unverified = 0
    state.base, state.sizes = outcome.decisions, outcome.sizes
    if size < state.best_size:
        state.best, state.best_size, state.gained = outcome.decisions, size, state.spent
    elif size > state.best_size * _WORSE:
        state.base = state.best  # the next trial finds out the sizes


def _trial(target: Target, state: State, params: Params, observe: Observer) -> None:
    rng = np.random.default_rng([params.seed, state.spent])
    batch = _choose(state, params, rng)
    flipped = {key for move in batch for key in move.keys}
    decisions = [d.flipped() if d.key in flipped else d for d in state.base]
    outcome = target.compile(decisions)
    state.spent += 1
    state.unverified += 1
    state.tried |= {move.name for move in batch}
    limit = 1e-9 if params.sideways and state.round > 0 else -1e-9
    by_key = {decision.key: decision for decision in state.base}
    kept = []
    for move in batch:
        change = _change(move.region, state.sizes, outcome.sizes)
        observe([by_key[key] for key in move.keys], change)
        if sum(target.weight(name) * size for name, size in change.items()) < limit:
            kept.append(move)
    _merge(state, batch, kept, outcome)


def _labels(function: str) -> tuple[str, str]:
    return function, f"static {function}"


def _change(region: frozenset[str], before: Sizes, after: Sizes) -> Sizes:
    """The bytes that a trial added to the functions of a region."""
    labels = [label for function in sorted(region) for label in _labels(function)]
    added = {n: after.get(n, 0) - before.get(n, 0) for n in labels}
    return {name: size for name, size in added.items() if size}


def _merge(state: State, batch: list[_Move], kept: list[_Move], outcome: Outcome) -> None:
    """Takes the regions of what paid from the trial, and those of what did not from the base."""
    accepted = frozenset().union(*(move.region for move in kept))
    rejected = frozenset().union(*(move.region for move in batch)) - accepted
    restored = {label for function in rejected for label in _labels(function)}
    sizes = {n: s for n, s in outcome.sizes.items() if n not in restored}
    sizes |= {n: s for n, s in state.sizes.items() if n in restored}
    state.sizes = sizes
    before = _by_caller(state.base)
    merged = [d for d in outcome.decisions if d.key.caller not in rejected]
    for caller in sorted(rejected):
        merged += before.get(caller, [])
    state.base = merged


def _by_caller(decisions: Sequence[Decision]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        found[decision.key.caller].append(decision)
    return found


def _choose(state: State, params: Params, rng: np.random.Generator) -> list[_Move]:
    """The next moves to try: independent of each other, promising ones first."""
    make = _MoveMaker(state)
    moves = _moves(make, state, params)
    left = [move for move in moves if move.name not in state.tried]
    if not left:
        state.round += 1
        state.tried = set()
        left = moves
    if state.round > 0 and params.pairs:
        left = _with_partners(make, state, left, rng)
    rank = np.argsort(-(rng.gumbel(size=len(left)) + _preference(state, left)), kind="stable")
    taken: set[str] = set()
    batch: list[_Move] = []
    room = _GROWTH * sum(state.sizes.values())
    for index in rank.tolist():
        move = left[index]
        if make.independent(move, taken) and (move.growth <= room or not batch):
            move = dataclasses.replace(move, region=make.regions.of(move.keys))
            taken |= move.region
            room -= move.growth
            batch.append(move)
            if len(batch) == params.batch:
                break
    return batch


def _moves(make: _MoveMaker, state: State, params: Params) -> list[_Move]:
    moves = [make("\t".join(map(str, d.key)), (d.key,)) for d in state.base]
    if params.groups:
        for inline, title in ((True, "keep all"), (False, "inline all")):
            by_callee: dict[str, list[Key]] = defaultdict(list)
            for decision in state.base:
                if decision.inline is inline:
                    by_callee[decision.key.callee].append(decision.key)
            for callee, keys in by_callee.items():
                if len(keys) > 1:
                    moves.append(make(f"{title}\t{callee}", tuple(keys)))
    return moves


class _MoveMaker:
    """Makes moves from a state's base."""

    def __init__(self, state: State) -> None:
        self.regions = Regions(state.base)
        self._kept = Counter(d.key.callee for d in state.base if not d.inline)
        self._inlined = {d.key for d in state.base if d.inline}
        self._sizes = state.sizes

    def __call__(self, name: str, keys: tuple[Key, ...]) -> _Move:
        growth = sum(self._growth(key, len(keys)) for key in keys)
        return _Move(name, keys, growth)

    def independent(self, move: _Move, taken: set[str]) -> bool:
        """Whether a move's region has nothing of `taken`."""
        ends = {end for key in move.keys for end in (key.caller, key.callee)}
        callers = {key.caller for key in move.keys}
        return taken.isdisjoint(ends) and all(
            taken.isdisjoint(self.regions.upward(caller)) for caller in callers
        )

    def _growth(self, key: Key, together: int) -> float:
        """Bytes that a flip may add at worst: a copy of the callee for each copy of the call."""
        size = max(self._sizes.get(label, 0) for label in _labels(key.callee))
        if key in self._inlined or self._kept[key.callee] <= together:
            return 0.0
        return float(size * len(self.regions.upward(key.caller)))


def _preference(state: State, moves: list[_Move]) -> list[float]:
    """Refused calls pay more often than inlined ones, unsure ones more often than sure ones."""
    by_key = {decision.key: decision for decision in state.base}
    found = []
    for move in moves:
        first = by_key[move.keys[0]]
        promise = (0.0 if first.inline else math.log(4.0)) - abs(first.logit) / 2
        found.append(promise - math.log(2.0) * move.growth / _HALVING)
    return found


def _with_partners(
    make: _MoveMaker, state: State, moves: list[_Move], rng: np.random.Generator
) -> list[_Move]:
    """Gives every other single move a second decision of the same caller."""
    callers = _by_caller(state.base)
    found = []
    for move in moves:
        others = callers[move.keys[0].caller]
        partner = others[int(rng.integers(len(others)))].key
        if len(move.keys) == 1 and partner != move.keys[0] and rng.random() < 0.5:
            move = make(move.name, (*move.keys, partner))
        found.append(move)
    return found
