"""One module's code generation under a policy: the questions, and what each function then costs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlgo.corpus.elf import text_size
from mlgo.corpus.program import Module
from mlgo.errors import UserError
from mlgo.regalloc.questions import Questions, read_questions
from mlgo.toolchain import Toolchain
from mlgo.workloads.allocation import AllocationKind, allocation
from mlgo.workloads.optimise import Level, generate_code
from mlgo.workloads.scores import PARTS

#: Of the parts of a score: an instruction counts 1, a data read or write 2 more; copies by
#: calibration, because many vanish (`mlgo evaluate calibration`). The plugin's trials use the same
#: (RegAllocScores.cc).
COST = (0.7, 3.0, 3.0, 5.0, 1.0, 1.0)

#: Function name, question in the function, slot.
Choice = tuple[str, int, int]


@dataclass(frozen=True)
class Allocation:
    """What a compile tells.

    Attributes:
        questions: None when nothing was asked.
        costs: function name -> expected cost of its loads, stores, copies and rematerialisations;
            with a profile in all runs of the workload, else in one call.
    """

    questions: Questions | None
    costs: dict[str, float]


@dataclass(frozen=True)
class Allocator:
    """Compiles optimised modules.

    Attributes:
        toolchain: of LLVM 22.
        plugin: built for it.
        level: at which the modules were optimised.
    """

    toolchain: Toolchain
    plugin: Path
    level: Level = "-O2"

    def allocate(
        self,
        module: Module,
        kind: AllocationKind,
        *,
        weights: Path | None = None,
        priority: Path | None = None,
        choices: Iterable[Choice] = (),
        log: bool = False,
    ) -> Allocation:
        """Generates code and throws it away.

        Args:
            module: from `Optimiser.optimise`.
            kind: what decides.
            weights: of "file".
            priority: weights of the order of allocation; LLVM's order without.
            choices: override the policy's.
            log: whether the questions are of interest.

        Raises:
            UserError: the compile failed.
        """
        with tempfile.TemporaryDirectory(prefix="mlgo-allocate-") as name:
            work = Path(name)
            lines = ["mlgo-choices-1", *("\t".join(map(str, choice)) for choice in choices)]
            (work / "choices").write_text("\n".join(lines) + "\n")
            extra = allocation(
                self.plugin,
                kind,
                weights=weights,
                priority="file" if priority else "off",
                priority_weights=priority,
                scores=work / "scores",
                choices=work / "choices",
                log=work / "log" if log else None,
            )
            generate_code(self.toolchain, module, self.level, work / "x.o", extra)
            return Allocation(read_questions(work / "log"), _read_costs(work / "scores"))

    def code_size(self, module: Module, priority: Path | None) -> int:
        """Generates code and returns its bytes of .text; evictions are LLVM's own.

        Args:
            module: from `Optimiser.optimise`.
            priority: weights of the order of allocation; LLVM's order without.

        Raises:
            UserError: the compile failed.
        """
        kind: AllocationKind = "file" if priority else "off"
        extra = allocation(self.plugin, "off", priority=kind, priority_weights=priority)
        with tempfile.TemporaryDirectory(prefix="mlgo-allocate-") as name:
            output = Path(name) / "x.o"
            return text_size(
                generate_code(self.toolchain, module, self.level, output, extra).object
            )


def _read_costs(path: Path) -> dict[str, float]:
    if not path.exists():
        return {}  # a module without functions
    try:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        return {row["function"]: _cost(row) for row in rows}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no file of scores: {error}") from error


def _cost(row: dict[str, float]) -> float:
    entries = 1.0 if row["entry_count"] is None else float(row["entry_count"])
    return entries * float(np.dot(COST, [row[part] for part in PARTS]))
