"""The tile and the estimate that XLA's TPU compiler notes for each fusion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from cost_model.hlo.dots import with_called
from cost_model.hlo.module import Instruction, Module


@dataclass(frozen=True)
class Window:
    """What a fusion's `window_config` says.

    Attributes:
        kernel, output, input: bounds, in the units of the compiler's layout.
        cycles: the analytical model's estimate for them.
    """

    kernel: tuple[int, ...]
    output: tuple[int, ...]
    input: tuple[int, ...]
    cycles: int


def windows(module: Module) -> Iterator[tuple[Module, Window]]:
    """Yields each fusion that has a tile and an estimate, as a module of its own."""
    for instruction in module.computation(module.entry).instructions:
        window = window_of(instruction)
        if window and instruction.called:
            computations = with_called(module, [instruction])
            yield Module(instruction.name, tuple(computations), instruction.called[0]), window


def window_of(instruction: Instruction) -> Window | None:
    """Returns a fusion's tile; None when the compiler noted none, or no estimate."""
    try:
        config = json.loads(instruction.backend_config)["window_config"]
        cycles = int(config["estimated_cycles"])
        kernel, output, into = (
            tuple(int(bound) for bound in config[f"{name}_window_bounds"])
            for name in ("kernel", "output", "input")
        )
    except (ValueError, KeyError, TypeError):
        return None
    return Window(kernel, output, into, cycles) if cycles > 0 else None
