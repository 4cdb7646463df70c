"""Which functions a decision can change: what lets one compile try many decisions at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

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
        # Counted by callers, because one call may have been asked about several times. What is
        # decided in functions that go is decided again in those that they go into; a function that
        # only calls itself goes.
        pairs = {(key.caller, key.callee) for key in self._kept}
        self._callers = Counter(b for a, b in pairs if a in bodies and a != b)
        self._callees: dict[str, set[str]] = defaultdict(set)
        for caller, callee in pairs:
            self._callees[caller].add(callee)
        for decision in decisions:
            if decision.inline:
                self._into[decision.key.callee].add(decision.key.caller)
        self._closures: dict[str, frozenset[str]] = {}

    def reach(self, keys: Sequence[Key]) -> tuple[frozenset[str], Counter[str]]:
        """Follows a flip of decisions: what appears or goes takes along the calls that it makes.

        Returns:
            The region, and how many of its callers each function may lose, also outside.
        """
        lost = Counter(b for _, b in {(k.caller, k.callee) for k in keys if k in self._kept})
        fleeting = {k.callee for k in keys if self.is_fleeting(k.callee, lost[k.callee])}
        todo = list(fleeting)
        while todo:
            for callee in self._callees[todo.pop()]:
                lost[callee] += 1
                if callee not in fleeting and self.is_fleeting(callee, lost[callee]):
                    fleeting.add(callee)
                    todo.append(callee)
        return frozenset(fleeting.union(*(self.upward(key.caller) for key in keys))), lost

    def is_fleeting(self, function: str, fewer: int) -> bool:
        """Whether a function may appear, or go when it has so many callers less."""
        return function not in self._bodies or fewer >= self._callers[function] > 0

    def upward(self, function: str) -> frozenset[str]:
        """Returns a function and all that it is inlined into, directly or not."""
        if function not in self._closures:
            found, todo = {function}, [function]
            while todo:
                new = self._into.get(todo.pop(), set()) - found
                found |= new
                todo += new
            self._closures[function] = frozenset(found)
        return self._closures[function]


class Batch:
    """Flips that do not disturb each other: their effects can be told apart in one compile.

    Args:
        regions: of the base.
    """

    def __init__(self, regions: Regions) -> None:
        self._regions = regions
        self._changed: set[str] = set()
        self._read: set[str] = set()
        self._lost: Counter[str] = Counter()

    def add(self, keys: Sequence[Key]) -> frozenset[str] | None:
        """Takes a flip of these decisions, unless it meets another one.

        Returns:
            Its region; None if it was not taken.
        """
        callees = {key.callee for key in keys}
        if not self._changed.isdisjoint(callees.union(key.caller for key in keys)):
            return None  # most fail here, before their regions are known
        region, lost = self._regions.reach(keys)
        if (
            not region.isdisjoint(self._changed)
            or not region.isdisjoint(self._read)
            or any(
                self._regions.is_fleeting(function, self._lost[function] + callers)
                for function, callers in lost.items()
                if function not in region
            )
        ):
            return None
        self._changed |= region
        self._read |= callees
        self._lost.update(lost)
        return region
