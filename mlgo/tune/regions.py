"""Which functions a decision can change: what lets one compile try many decisions at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from mlgo.tune.decisions import Decision, Key


class Regions:
    """The functions that a flip touches, given what is inlined into what.

    Flipping the call A -> B changes A and every function that A is inlined into: its region. B
    belongs to it only where B may appear or go, because it has no code of its own yet, or no other
    call needs that; otherwise the flip only reads what B has become.

    Args:
        decisions: of the compile that is the base.
        bodies: the functions that the base has code for.
    """

    def __init__(self, decisions: Sequence[Decision], bodies: Collection[str]) -> None:
        self._bodies = bodies
        self._into: dict[str, set[str]] = defaultdict(set)
        self._kept = {d.key for d in decisions if not d.inline}
        # What is decided in functions that go is decided again in those that they go into.
        self._calls = Counter(key.callee for key in self._kept if key.caller in bodies)
        self._callees: dict[str, Counter[str]] = defaultdict(Counter)
        for key in self._kept:
            self._callees[key.caller][key.callee] += 1
        for decision in decisions:
            if decision.inline:
                self._into[decision.key.callee].add(decision.key.caller)
        self._closures: dict[str, frozenset[str]] = {}

    def of(self, keys: Sequence[Key]) -> frozenset[str]:
        """Returns the functions that flipping these decisions together can change."""
        fewer = self.inlined(keys)
        callees = {k.callee for k in keys if self.is_fleeting(k.callee, fewer[k.callee])}
        callers = (self.upward(key.caller) for key in keys)
        return frozenset(self._with_dependents(callees).union(*callers))

    def _with_dependents(self, functions: set[str]) -> set[str]:
        """Adds the functions that only these call: they may go too, inlined where these went."""
        return _reached(
            functions,
            lambda f: (c for c, n in self._callees[f].items() if n >= self._calls[c]),
        )

    def inlined(self, keys: Iterable[Key]) -> Counter[str]:
        """Returns for each callee how many of its calls a flip of these decisions would inline."""
        return Counter(key.callee for key in keys if key in self._kept)

    def is_fleeting(self, function: str, fewer: int) -> bool:
        """Whether a function may appear, or go when `fewer` of its calls are left."""
        return function not in self._bodies or fewer >= self._calls[function] > 0

    def upward(self, function: str) -> frozenset[str]:
        """Returns a function and all that it is inlined into, directly or not."""
        if function not in self._closures:
            into = _reached({function}, lambda f: self._into.get(f, ()))
            self._closures[function] = frozenset(into)
        return self._closures[function]


def _reached(start: set[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    """Returns a set with all that follows from it, step by step."""
    found, todo = set(start), list(start)
    while todo:
        new = set(following(todo.pop())) - found
        found |= new
        todo += new
    return found


class Batch:
    """Flips that do not disturb each other: their effects can be told apart in one compile.

    Args:
        regions: of the base.
    """

    def __init__(self, regions: Regions) -> None:
        self._regions = regions
        self._changed: set[str] = set()
        self._read: set[str] = set()
        self._inlined: Counter[str] = Counter()

    def add(self, keys: Sequence[Key]) -> frozenset[str] | None:
        """Takes a flip of these decisions, unless it meets another one.

        Returns:
            Its region; None if it was not taken.
        """
        callees = {key.callee for key in keys}
        if not self._changed.isdisjoint(callees.union(key.caller for key in keys)):
            return None  # most fail here, before their regions are known
        region = self._regions.of(keys)
        inlined = self._inlined + self._regions.inlined(keys)
        if (
            not region.isdisjoint(self._changed)
            or not region.isdisjoint(self._read)
            or any(self._regions.is_fleeting(f, inlined[f]) for f in callees - region)
        ):
            return None
        self._changed |= region
        self._read |= callees
        self._inlined = inlined
        return region
