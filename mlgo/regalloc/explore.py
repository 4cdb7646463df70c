"""What would another eviction have cost? Many alternatives of a module, a few compiles.

Functions are allocated independently of each other, and the plugin tells the cost of each: one
compile tries one alternative in every function.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgo.corpus.program import Module
from mlgo.regalloc.allocate import Allocator, Choice
from mlgo.regalloc.questions import Questions
from mlgo.regalloc.weights import Interface
from mlgo.rollout.arrays import read_arrays, save_arrays
from mlgo.weights_file import Floats
from mlgo.workloads.allocation import AllocationKind


@dataclass(frozen=True)
class Alternatives:
    """Evictions that were tried in place of a policy's, one a row.

    Attributes:
        interface: what the compiler tells.
        chosen, tried: float32 (n, interface.inputs), what the network sees of the two slots.
        chosen_default, tried_default: bool (n,), which of the two LLVM's default takes, if any.
        change: float32 (n,), by how much the function's cost changes, relative to its cost.
        cost: float32 (n,), of the function under the policy.
    """

    interface: Interface
    chosen: Floats
    tried: Floats
    chosen_default: NDArray[np.bool_]
    tried_default: NDArray[np.bool_]
    change: Floats
    cost: Floats

    def __len__(self) -> int:
        return len(self.change)

    def save(self, path: Path) -> None:
        """Writes the alternatives, atomically."""
        names = np.array(
            [
                "\n".join(self.interface.slot_features),
                "\n".join(self.interface.global_features),
                "\n".join(self.interface.integers),
                str(self.interface.width),
            ]
        )
        save_arrays(path, {"interface": names, **{n: getattr(self, n) for n in _ARRAYS}})


_ARRAYS = ("chosen", "tried", "chosen_default", "tried_default", "change", "cost")


def load_alternatives(path: Path) -> Alternatives:
    """Reads what `Alternatives.save` wrote.

    Raises:
        UserError: the file is missing or malformed.
    """
    with read_arrays(path, "holds no alternatives") as found:
        slots, rest, integers, width = (str(text) for text in found["interface"])
        interface = Interface(
            tuple(slots.split("\n")),
            tuple(rest.split("\n")),
            tuple(integers.split("\n")),
            int(width),
        )
        return Alternatives(interface, *(found[name] for name in _ARRAYS))


def explore(
    allocator: Allocator,
    module: Module,
    kind: AllocationKind,
    weights: Path | None,
    compiles: int,
    rng: np.random.Generator,
) -> Alternatives | None:
    """Tries one random alternative in each function `compiles` times; None when nothing was asked.

    Raises:
        UserError: a compile failed.
    """
    base = allocator.allocate(module, kind, weights=weights, log=True)
    if base.questions is None:
        return None
    rows: list[int] = []
    slots: list[int] = []
    changes: list[float] = []
    for _ in range(compiles):
        trial = draw(base.questions, rng)
        found = allocator.allocate(
            module, kind, weights=weights, choices=_choices(base.questions, trial)
        )
        for row, slot in trial:
            name = base.questions.functions[row]
            before, after = base.costs[name], found.costs[name]
            rows.append(row)
            slots.append(slot)
            changes.append((after - before) / before if before else 0.0)
    return _alternatives(base.questions, base.costs, rows, slots, changes)


def draw(questions: Questions, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Draws (row, slot) of one alternative for each function that has any."""
    by_function: dict[str, list[int]] = {}
    others = questions.mask.copy()
    others[np.arange(len(questions)), questions.chosen] = False
    for row in np.flatnonzero(others.any(axis=1)).tolist():
        by_function.setdefault(questions.functions[row], []).append(row)
    rows = [int(rng.choice(found)) for found in by_function.values()]
    return [(row, int(rng.choice(np.flatnonzero(others[row])))) for row in rows]


def _choices(questions: Questions, trial: list[tuple[int, int]]) -> list[Choice]:
    return [(questions.functions[r], int(questions.indices[r]), slot) for r, slot in trial]


def _alternatives(
    questions: Questions,
    costs: dict[str, float],
    rows: list[int],
    slots: list[int],
    changes: list[float],
) -> Alternatives:
    at = np.array(rows, np.int64)
    tried = np.array(slots, np.int64)
    chosen, default = questions.chosen[at], questions.default[at]
    return Alternatives(
        questions.interface,
        questions.inputs[at, chosen],
        questions.inputs[at, tried],
        chosen == default,
        tried == default,
        np.array(changes, np.float32),
        np.array([costs[questions.functions[row]] for row in rows], np.float32),
    )
