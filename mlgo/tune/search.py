"""The search: local search in all regions of a module at once, a compile a step.

Each compile follows a full list of decisions, so that a flip changes nothing but what it must, and
tries as many flips as have disjoint regions (`regions`). The exact size of each function tells
which flips paid; those stay, the others go, and the next compile tries the next ones. From time to
time a compile without a trial verifies what was put together; only that can become the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from mlgo.rollout.explore import Sizes
from mlgo.tune.decisions import Decision, Listed, Skip, by_caller
from mlgo.tune.moves import Move, choose, labels
from mlgo.tune.state import Params, State

# A compile without a trial after so many with one.
_VERIFY = 6
_WORSE = 1.001
# So many times more than before a call is decided as before.
_AGAIN = 4


@dataclass(frozen=True)
class Outcome:
    """What a compile made of a list of decisions.

    Attributes:
        decisions: all that were taken, in order.
        sizes: function -> bytes; names of local linkage begin with "static ".
        source: the source file, as the compiler names the module; "" if nothing was decided.
        skips: what code generation left out, function by function.
    """

    decisions: list[Decision]
    sizes: Sizes
    source: str = ""
    skips: Sequence[Skip] = ()


#: Hears of a trial's flip: the decisions as they were, and function -> bytes that it added.
Observer = Callable[[Sequence[Decision], Sizes], None]


class Target(Protocol):
    """What is searched: a module, or the link of one."""

    def compile(self, decisions: Sequence[Listed]) -> Outcome:
        """Compiles with these decisions, and the policy's where there is none."""

    def weight(self, function: str) -> float:
        """Returns how much a byte of a function counts in the program."""


def bytes_of(target: Target, sizes: Sizes) -> float:
    """Returns a compile's weighted bytes."""
    return sum(target.weight(name) * size for name, size in sizes.items())


def start(target: Target, candidates: Sequence[Outcome], spent: int) -> State:
    """Begins a search at the smallest of some outcomes, which took `spent` compiles."""
    sizes = [bytes_of(target, candidate.sizes) for candidate in candidates]
    best = candidates[int(np.argmin(sizes))]
    size = min(sizes)
    return State(
        best.decisions, best.sizes, best.decisions, size, size, spent, best_sizes=best.sizes
    )


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
    outcome = target.compile(_asked_again(state.base))
    size = bytes_of(target, outcome.sizes)
    state.spent += 1
    state.unverified = 0
    state.base, state.sizes = outcome.decisions, outcome.sizes
    if size < state.best_size:
        state.best, state.best_size, state.gained = outcome.decisions, size, state.spent
        state.best_sizes = outcome.sizes
    elif size > state.best_size * _WORSE:
        state.base, state.sizes = state.best, state.best_sizes


def _trial(target: Target, state: State, params: Params, observe: Observer) -> None:
    rng = np.random.default_rng([params.seed, state.spent])
    batch = choose(state, params, rng)
    flipped = {key for move in batch for key in move.keys}
    decisions = [d.flipped() if d.key in flipped else d for d in state.base]
    outcome = target.compile(_asked_again(decisions))
    state.spent += 1
    state.unverified += 1
    kept = []
    for move in batch:
        limit = 1e-9 if params.sideways and move.turn > 0 else -1e-9
        state.tried[move.name] = turn = state.tried.get(move.name, 0) + 1
        change = _change(move.region, state.sizes, outcome.sizes)
        observe(move.decisions, change)
        added = sum(target.weight(name) * size for name, size in change.items())
        if added < limit:
            kept.append(move)
            state.tried[move.back] = max(turn, state.tried.get(move.back, 0))
        tried, won = state.record.get(move.kind, (0, 0))
        state.record[move.kind] = tried + 1, won + (added < -1e-9)
    _merge(state, batch, kept, outcome)


def _asked_again(decisions: Sequence[Decision]) -> list[Decision]:
    """Adds decisions for calls that a compile may ask about once more, as it decided before.

    LLVM asks again when it comes back to a caller of which something else has changed. The prior
    would then see other features, for instance that this is the last call.
    """
    last = {(d.key.caller, d.key.callee): d for d in decisions}
    more = [
        replace(d, key=d.key._replace(ordinal=d.key.ordinal + extra))
        for d in last.values()
        for extra in range(1, _AGAIN + 1)
    ]
    return [*decisions, *more]


def _change(region: frozenset[str], before: Sizes, after: Sizes) -> Sizes:
    """The bytes that a trial added to the functions of a region."""
    names = [label for function in sorted(region) for label in labels(function)]
    added = {n: after.get(n, 0) - before.get(n, 0) for n in names}
    return {name: size for name, size in added.items() if size}


def _merge(state: State, batch: list[Move], kept: list[Move], outcome: Outcome) -> None:
    """Takes the regions of what paid from the trial, and those of what did not from the base."""
    accepted = frozenset().union(*(move.region for move in kept))
    rejected = frozenset().union(*(move.region for move in batch)) - accepted
    restored = {label for function in rejected for label in labels(function)}
    sizes = {n: s for n, s in outcome.sizes.items() if n not in restored}
    sizes |= {n: s for n, s in state.sizes.items() if n in restored}
    state.sizes = sizes
    before = by_caller(state.base)
    merged = [d for d in outcome.decisions if d.key.caller not in rejected]
    for caller in sorted(rejected):
        merged += before.get(caller, [])
    state.base = merged
