"""What a search may try: decisions to flip together, which of them first, and how many at once."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mlgo.tune.decisions import Decision, Key, by_caller
from mlgo.tune.regions import Batch, Regions
from mlgo.tune.state import Params, State

# How much bigger a trial may make all, estimated: LLVM's ML advisor gives up at twice the size.
_GROWTH = 0.25
# Bytes of growth that make a move half as promising.
_HALVING = 32.0
# Of a kind of move: what has been seen counts as much as what holds for all after so many trials.
_PRIOR = 2.0


def labels(function: str) -> tuple[str, str]:
    """Returns what a function may be called in `Sizes`."""
    return function, f"static {function}"


@dataclass(frozen=True)
class Move:
    """Decisions to flip together.

    Attributes:
        name: of the move; moves that are tried are remembered by it.
        back: the name of the move that undoes it.
        kind: what it has in common with others, of which some pay as a rule and some do not.
        decisions: as they are before.
        promise: how likely it pays, as a logarithm, before anything was tried.
        growth: bytes that it may add at worst.
        turn: how often it was tried, or should have been; the lower ones go first.
        region: functions that it can change; known once it is chosen, because thousands are not.
    """

    name: str
    back: str
    kind: str
    decisions: tuple[Decision, ...]
    promise: float
    growth: float
    turn: int = 0
    region: frozenset[str] = frozenset()

    @property
    def keys(self) -> tuple[Key, ...]:
        """Names the decisions."""
        return tuple(decision.key for decision in self.decisions)


def choose(state: State, params: Params, rng: np.random.Generator) -> list[Move]:
    """Returns the next moves to try: independent of each other, promising ones first.

    What was tried least goes first; what was tried before fills the functions that are left, so
    that a few large callers, which take one move at a time, do not hold up all the others.
    """
    moves = _Moves(state)
    left = moves.every(params)
    state.round = min((move.turn for move in left), default=0)
    if params.pairs:
        left = [moves.with_partner(move, rng) for move in left]
    keys = rng.gumbel(size=len(left)) + _scores(state, left)
    rank = np.lexsort((-keys, np.array([move.turn for move in left])))
    taken = Batch(moves.regions)
    chosen: list[Move] = []
    room = _GROWTH * sum(state.sizes.values())
    for index in rank.tolist():
        move = left[index]
        region = taken.add(move.keys) if move.growth <= room or not chosen else None
        if region is not None:
            chosen.append(dataclasses.replace(move, region=region))
            room -= move.growth
            if len(chosen) == params.batch:
                break
    return chosen


def _scores(state: State, moves: Sequence[Move]) -> list[float]:
    """A kind of move that paid before is worth more, one that may add much less."""
    all_tried, all_won = (sum(c) for c in zip(*state.record.values(), (4, 1), strict=True))
    rate = all_won / all_tried
    scores = []
    for move in moves:
        tried, won = state.record.get(move.kind, (0, 0))
        luck = math.log((won / rate + _PRIOR) / (tried + _PRIOR))
        scores.append(move.promise + luck - math.log(2.0) * move.growth / _HALVING)
    return scores


class _Moves:
    """Makes moves from a state's base."""

    def __init__(self, state: State) -> None:
        self.regions = Regions(state.base, {name.removeprefix("static ") for name in state.sizes})
        self._base = state.base
        self._sizes = state.sizes
        self._tried = state.tried
        self._kept = Counter(d.key.callee for d in state.base if not d.inline)
        self._callers = by_caller(state.base)

    def every(self, params: Params) -> list[Move]:
        """Single calls, all from one function to another, and all of a callee."""
        sites = self._together(lambda key: (key.caller, key.callee)) if params.sites else []
        later = {d.key for move in sites for d in move.decisions}
        moves = [self._single(d, int(d.key in later)) for d in self._base] + sites
        return moves + (self._together(lambda key: (key.callee,)) if params.groups else [])

    def with_partner(self, move: Move, rng: np.random.Generator) -> Move:
        """Gives every other single move that was tried alone a second decision of its caller."""
        first = move.decisions[0]
        if move.turn == 0 or len(move.decisions) > 1:
            return move
        others = self._callers[first.key.caller]
        partner = others[int(rng.integers(len(others)))]
        if partner == first or rng.random() >= 0.5:
            return move
        return self._move(move.name, move.back, [first, partner], move.turn)

    def _single(self, decision: Decision, later: int) -> Move:
        name = "\t".join(map(str, decision.key))
        return self._move(name, name, [decision], later + self._tried.get(name, 0))

    def _together(self, of: Callable[[Key], tuple[str, ...]]) -> list[Move]:
        """Moves of calls, two at least, that have something in common and are decided alike."""
        alike: dict[tuple[tuple[str, ...], bool], list[Decision]] = defaultdict(list)
        for decision in self._base:
            alike[of(decision.key), decision.inline].append(decision)
        moves = []
        for (common, inline), decisions in alike.items():
            if len(decisions) > 1:
                names = ["\t".join((*common, what)) for what in ("inline", "keep")]
                name, back = names[inline], names[not inline]
                moves.append(self._move(name, back, decisions, self._tried.get(name, 0)))
        return moves

    def _move(self, name: str, back: str, decisions: Sequence[Decision], turn: int) -> Move:
        """Refused calls pay more often than inlined ones, unsure ones more often than sure ones."""
        first = decisions[0]
        promise = (0.0 if first.inline else math.log(4.0)) - abs(first.logit) / 2
        growth = sum(0.0 if d.inline else self._growth(d.key, len(decisions)) for d in decisions)
        kind = f"{first.key.callee}\t{'keep' if first.inline else 'inline'}"
        return Move(name, back, kind, tuple(decisions), promise, growth, turn)

    def _growth(self, key: Key, together: int) -> float:
        """Bytes that inlining may add at worst: the callee, in each copy of the call."""
        if self._kept[key.callee] <= together:
            return 0.0
        size = max(self._sizes.get(label, 0) for label in labels(key.callee))
        return float(size * len(self.regions.upward(key.caller)))
