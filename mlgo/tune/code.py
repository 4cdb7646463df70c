"""What code generation leaves out, function by function: searched once inlining is decided.

With inlining fixed, code is generated for each function by itself. So every compile tries another
set of parts in all functions at once, and the sizes tell which of them pay. First each part alone;
then, in each function, the sets that should be smallest if what single parts saved added up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from mlgo.rollout.explore import Sizes
from mlgo.tune.decisions import PARTS, Skip
from mlgo.tune.moves import labels
from mlgo.tune.search import Target, bytes_of, search
from mlgo.tune.state import Params, State

#: The policy's own code, each of `PARTS` alone, and as many sets of them.
COMPILES: Final = 20

# Sets of parts left out, each a number with a bit for each of `PARTS`, and the bytes then.
Tried = Sequence[tuple[int, int]]


def search_all(
    target: Target,
    state: State,
    budget: int,
    params: Params,
    save: Callable[[State], None] = lambda _: None,
) -> State:
    """Searches inlining, then code generation, with `budget` compiles at most for both.

    The same state, budget and parameters give the same result; `save` gets the state after each
    compile. Returns the state.
    """
    share = min(COMPILES, budget // 4)
    if not state.generated:
        search(target, state, budget - share, params, save)
    return search_code(target, state, share, save)


def search_code(
    target: Target, state: State, compiles: int, save: Callable[[State], None] = lambda _: None
) -> State:
    """Spends as many compiles, those of earlier calls included; the state after each is saved.

    Returns the state, whose `best_size` is no bigger than before.
    """
    while state.generated < compiles:
        trial = {
            name: mask for name, tried in state.code.items() if (mask := _next(tried)) is not None
        }
        if state.generated and not trial:
            break  # there is nothing left to try
        outcome = target.compile([*state.best, *(_skip(*each) for each in trial.items())])
        state.spent += 1
        state.generated += 1
        for skip in outcome.skips:
            if size := _size(outcome.sizes, skip.function):
                _remember(state.code.setdefault(skip.function, []), _mask(skip), size)
        _take_best(target, state)
        save(state)
    return state


def best_skips(state: State) -> list[Skip]:
    """Returns what should be left out, where that is not what the policy does."""
    chosen = {name: _best(tried)[0] for name, tried in state.code.items()}
    return [
        _skip(name, mask) for name, mask in sorted(chosen.items()) if mask != state.code[name][0][0]
    ]


def _best(tried: Tried) -> tuple[int, int]:
    """The smallest; of several, what was tried first."""
    return min(tried, key=lambda entry: entry[1])


def _next(tried: Tried) -> int | None:
    """The most promising set of parts that was not tried in a function."""
    known = dict(tried)
    start, before = tried[0]
    alone = [start ^ (1 << part) for part in range(len(PARTS))]
    for mask in alone:
        if mask not in known:
            return mask
    saved = {part: gain for part, mask in enumerate(alone) if (gain := before - known[mask])}
    best, _ = _best(tried)

    def promise(mask: int) -> tuple[int, int, int]:
        added_up = sum(gain for part, gain in saved.items() if (mask ^ start) >> part & 1)
        return added_up, -(mask ^ best).bit_count(), -mask

    new = [mask for mask in _subsets(best, saved) if mask not in known]
    return max(new, key=promise) if new else None


def _subsets(mask: int, parts: Iterable[int]) -> list[int]:
    """All sets that differ from one in some of these parts."""
    masks = [mask]
    for part in parts:
        masks += [other ^ (1 << part) for other in masks]
    return masks


def _remember(tried: list[tuple[int, int]], mask: int, size: int) -> None:
    if mask not in dict(tried):
        tried.append((mask, size))


def _take_best(target: Target, state: State) -> None:
    smallest = {
        next(label for label in labels(name) if label in state.best_sizes): _best(tried)[1]
        for name, tried in state.code.items()
    }
    state.best_sizes = state.best_sizes | smallest
    state.best_size = bytes_of(target, state.best_sizes)


def _size(sizes: Sizes, function: str) -> int:
    return sum(sizes.get(label, 0) for label in labels(function))


def _mask(skip: Skip) -> int:
    return sum(1 << bit for bit, part in enumerate(PARTS) if part in skip.parts)


def _skip(function: str, mask: int) -> Skip:
    return Skip(function, frozenset(p for bit, p in enumerate(PARTS) if mask >> bit & 1))
