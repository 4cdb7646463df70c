"""A memory allocator for ML accelerators: learned decisions and a constraint solver.

    from telamalloc import Buffer, Problem, solve
    problem = Problem.from_buffers([Buffer("a", 0, 3, 4), Buffer("b", 2, 5, 8)], capacity=12)
    offsets = solve(problem).offsets

References:
    Maas et al., TelaMalloc: Efficient On-Chip Memory Allocation for Production Machine
    Learning Accelerators, ASPLOS 2023. https://doi.org/10.1145/3567955.3567961
    Moffitt, MiniMalloc: A Lightweight Memory Allocator for Hardware-Accelerated Machine
    Learning, ASPLOS 2023 vol. 4. https://doi.org/10.1145/3623278.3624752
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telamalloc.answers.diagnosis import Diagnosis as Diagnosis
    from telamalloc.answers.diagnosis import diagnose as diagnose
    from telamalloc.answers.replan import Replan as Replan
    from telamalloc.answers.replan import replan as replan
    from telamalloc.answers.whatif import WhatIf as WhatIf
    from telamalloc.answers.whatif import what_if as what_if
    from telamalloc.engine import Effort as Effort
    from telamalloc.engine import Engine as Engine
    from telamalloc.errors import FormatError as FormatError
    from telamalloc.errors import ProblemError as ProblemError
    from telamalloc.errors import TelamallocError as TelamallocError
    from telamalloc.problem import Bank as Bank
    from telamalloc.problem import Buffer as Buffer
    from telamalloc.problem import Gap as Gap
    from telamalloc.problem import Problem as Problem
    from telamalloc.solution import Solution as Solution
    from telamalloc.solution import Stats as Stats
    from telamalloc.solution import Status as Status
    from telamalloc.solver import SolverParams as SolverParams
    from telamalloc.solver import StopFlag as StopFlag
    from telamalloc.solver import minimize as minimize
    from telamalloc.solver import solve as solve
    from telamalloc.validate import Rule as Rule
    from telamalloc.validate import Violation as Violation

# Names are looked up on first use: numpy alone costs more than all the rest of an import.
_HOME = {
    "Bank": "problem",
    "Buffer": "problem",
    "Diagnosis": "answers.diagnosis",
    "Effort": "engine",
    "Engine": "engine",
    "FormatError": "errors",
    "Gap": "problem",
    "Problem": "problem",
    "ProblemError": "errors",
    "Replan": "answers.replan",
    "Rule": "validate",
    "Solution": "solution",
    "SolverParams": "solver",
    "Stats": "solution",
    "Status": "solution",
    "StopFlag": "solver",
    "TelamallocError": "errors",
    "Violation": "validate",
    "WhatIf": "answers.whatif",
    "diagnose": "answers.diagnosis",
    "minimize": "solver",
    "replan": "answers.replan",
    "solve": "solver",
    "what_if": "answers.whatif",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(f"telamalloc.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'telamalloc' has no attribute {name!r}")
