"""A module's size as it counts in the linked program.

The linker keeps one copy of a function that several objects define (linkonce, comdat). A byte
saved in one of n copies is therefore worth 1/n byte.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mlgo.rollout.explore import Sizes


class LinkedWeights:
    """How much a byte of each function counts.

    Args:
        modules: the function sizes of each module of the program, under LLVM's default.
    """

    def __init__(self, modules: Iterable[Sizes]) -> None:
        self._copies = Counter(
            name for sizes in modules for name in sizes if not name.startswith("static ")
        )

    def weight(self, function: str) -> float:
        """Returns 1/n for a function that n modules of the program define."""
        return 1.0 / max(1, self._copies[function])

    def size(self, sizes: Sizes) -> float:
        """Returns a module's weighted bytes."""
        return sum(self.weight(name) * size for name, size in sizes.items())

    def change(self, base: Sizes, changed: Sizes) -> float:
        """Returns the weighted bytes that a change adds (negative: saves).

        Args:
            base: sizes before.
            changed: only the functions whose size differs, with their new size.
        """
        return sum(self.weight(name) * (size - base.get(name, 0)) for name, size in changed.items())
