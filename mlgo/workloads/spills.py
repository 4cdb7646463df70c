"""What the register allocator says that it spilled, reloaded and copied, from its remarks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# LLVM's RAGreedy::reportStats: one remark a function, and one a loop, which we do not need.
_HEAD = re.compile(r"^Name:\s+SpillReloadCopies\nFunction:\s+(\S+)", re.M)
_ARGUMENT = re.compile(r"^  - (\w+):\s+'([^']*)'", re.M)


@dataclass(frozen=True)
class Spills:
    """The memory traffic and copies that the allocator put into one function.

    Attributes:
        spills: instructions that store a register in the frame.
        reloads: instructions that load one from there.
        folded: instructions with a stack slot for an operand, reading or writing.
        copies: of virtual registers.
        spill_cost, reload_cost, folded_cost, copy_cost: the same, each weighed by how often its
            block runs for one run of the function.
    """

    spills: int = 0
    reloads: int = 0
    folded: int = 0
    copies: int = 0
    spill_cost: float = 0.0
    reload_cost: float = 0.0
    folded_cost: float = 0.0
    copy_cost: float = 0.0

    @property
    def memory_cost(self) -> float:
        """Weighed accesses of stack slots."""
        return self.spill_cost + self.reload_cost + self.folded_cost


NO_SPILLS = Spills()


def remark_arguments(path: Path) -> tuple[str, ...]:
    """Returns clang's arguments to write the remarks to a file; the object stays the same."""
    return (f"-foptimization-record-file={path}", "-foptimization-record-passes=regalloc")


def read_remarks(text: str) -> Mapping[str, Spills]:
    """Reads the remarks of a module, YAML as LLVM writes it.

    Returns:
        function name -> what was put into it; functions without anything are not there.
    """
    found = {}
    for document in text.split("\n...\n"):
        head = _HEAD.search(document)
        if head:
            pairs = _ARGUMENT.findall(document)
            values = {name: float(value) for name, value in pairs if name != "String"}
            found[head[1].strip("'")] = _spills(values)
    return found


def _spills(values: Mapping[str, float]) -> Spills:
    def both(count: str, cost: str) -> tuple[int, float]:
        return int(values.get(count, 0)), values.get(cost, 0.0)

    spills, spill_cost = both("NumSpills", "TotalSpillsCost")
    reloads, reload_cost = both("NumReloads", "TotalReloadsCost")
    folded_spills, folded_spill_cost = both("NumFoldedSpills", "TotalFoldedSpillsCost")
    folded_reloads, folded_reload_cost = both("NumFoldedReloads", "TotalFoldedReloadsCost")
    copies, copy_cost = both("NumVRCopies", "TotalCopiesCost")
    return Spills(
        spills,
        reloads,
        folded_spills + folded_reloads,
        copies,
        spill_cost,
        reload_cost,
        folded_spill_cost + folded_reload_cost,
        copy_cost,
    )
