"""Where a search is, and how it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlgo.rollout.explore import Sizes
from mlgo.tune.decisions import Decision


@dataclass(frozen=True)
class Params:
    """Switches of the search, for ablations.

    Attributes:
        seed: of what is tried when.
        sites: try all calls from one function to another together first.
        groups: try all calls of a callee together.
        pairs: flip two decisions of a caller at once when one was tried alone.
        sideways: keep flips that change nothing when they are tried again.
        batch: flips in a compile at most; 0 for as many as are independent.
        patience: compiles without a gain after which a search ends, once all has been tried.
    """

    seed: int = 0
    sites: bool = True
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
        best_sizes: its functions'.
        code: function -> what code generation was tried for it: a set of `PARTS` left out, as bits,
            and the function's bytes then. The first is the policy's.
        generated: compiles spent on that.
        first_size: weighted bytes of what the search began with.
        spent: compiles.
        gained: what was spent when `best` was found.
        unverified: trials since the last verification.
        round: how often every move has been tried.
        tried: move's name -> how often it was tried, or what it undoes.
        record: kind of move -> how often it was tried, and how often it paid.
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
    tried: dict[str, int] = field(default_factory=dict)
    record: dict[str, tuple[int, int]] = field(default_factory=dict)
    best_sizes: Sizes = field(default_factory=dict)
    code: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    generated: int = 0
