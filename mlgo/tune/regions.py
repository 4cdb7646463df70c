"""Which functions a decision can change: what lets one compile try many decisions at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from mlgo.tune.decisions import Decision, Key


class Regions:
    """The functions that a flip touches, given what is inlined into what.

    Flipping the call A -> B changes A, every function that A is inlined into, and B, which may
    appear or go. Two flips whose regions have nothing in common do not disturb each other: their
    effects can be told apart in the sizes of a single compile.

    Args:
        decisions: of the compile that is the base.
    """

    def __init__(self, decisions: Sequence[Decision]) -> None:
        self._into: dict[str, set[str]] = defaultdict(set)
        for decision in decisions:
            if decision.inline:
                self._into[decision.key.callee].add(decision.key.caller)
        self._closures: dict[str, frozenset[str]] = {}

    def of(self, keys: Iterable[Key]) -> frozenset[str]:
        """Returns the functions that flipping these decisions together can change."""
        found: set[str] = set()
        for key in keys:
            found |= self.upward(key.caller)
            found.add(key.callee)
        return frozenset(found)

    def upward(self, function: str) -> frozenset[str]:
        """Returns a function and all that it is inlined into, directly or not."""
        if function not in self._closures:
            seen, todo = {function}, [function]
            while todo:
                for caller in self._into.get(todo.pop(), ()):
                    if caller not in seen:
                        seen.add(caller)
                        todo.append(caller)
            self._closures[function] = frozenset(seen)
        return self._closures[function]
