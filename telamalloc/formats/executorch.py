"""A memory-planning algorithm for ExecuTorch.

    from executorch.exir import ExecutorchBackendConfig
    from executorch.exir.memory_planning import MemoryPlanningAlgorithmSuite
    from executorch.exir.passes import MemoryPlanningPass
    from telamalloc.formats.executorch import telamalloc

    suite = MemoryPlanningAlgorithmSuite([telamalloc()])
    config = ExecutorchBackendConfig(memory_planning_pass=MemoryPlanningPass(suite))
    program = edge_program.to_executorch(config)

ExecuTorch knows each tensor's lifetime (inclusive steps) and memory; tensors stored within
another (`storage_base`) go where that one goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from telamalloc import engine
from telamalloc.engine import Effort
from telamalloc.errors import TelamallocError
from telamalloc.problem import Problem
from telamalloc.solver import SolverParams
from telamalloc.validate import validate

Algorithm = Callable[[int, Iterable[Any], Any, Any, int], Any]

_DEFAULT_MEMORY = 1  # ExecuTorch keeps 0 for constants


def telamalloc(timeout: float = 10.0) -> Algorithm:
    """The algorithm, to be given to ExecuTorch's MemoryPlanningAlgorithmSuite.

    Args:
        timeout: seconds for each memory of each graph.

    Returns:
        A function of ExecuTorch's (alignment, specs, graph module, graph signature, padding).
    """
    effort = Effort(params=SolverParams(timeout=timeout))

    def plan(
        alignment: int, specs: Iterable[Any], graph_module: Any, graph_signature: Any, padding: int
    ) -> Any:
        return _plan(alignment, list(specs), graph_module, padding, effort)

    plan.__name__ = "telamalloc"
    return plan


def _plan(alignment: int, specs: list[Any], graph_module: Any, padding: int, effort: Effort) -> Any:
    """ExecuTorch's MemoryAlgoResult: memory and offset of each spec, and each memory's size."""
    from executorch.exir.memory_planning import MemoryAlgoResult, SpecAllocResult

    taken = getattr(graph_module, "input_mem_buffer_sizes", None) or []
    by_memory: dict[int, list[Any]] = defaultdict(list)
    for spec in specs:
        spec.realign(alignment)
        by_memory[_memory(spec)].append(spec)
    sizes = [0] * (max(by_memory, default=_DEFAULT_MEMORY) + 1)
    places = {}
    for memory, inside in sorted(by_memory.items()):
        base = taken[memory] if memory < len(taken) else 0
        offsets, peak = _place([spec for spec in inside if spec.storage_base is None],
                               alignment, effort)  # fmt: skip
        sizes[memory] = base + peak + padding
        for number, spec in enumerate(inside):
            root, within = _root(spec)
            if id(root) not in offsets:
                raise TelamallocError("a tensor is stored within one that is not planned")
            offset = base + offsets[id(root)] + within
            places[spec] = SpecAllocResult(memory, number, offset)
    return MemoryAlgoResult(places, sizes)


def _memory(spec: Any) -> int:
    root = _root(spec)[0]
    return _DEFAULT_MEMORY if root.mem_id is None else int(root.mem_id)


def _root(spec: Any) -> tuple[Any, int]:
    """The tensor in whose storage this one is, and where in it, in bytes."""
    within, seen = 0, set()
    while spec.storage_base is not None:
        if id(spec) in seen:
            raise TelamallocError("tensors are stored within one another in a circle")
        seen.add(id(spec))
        within, spec = within + int(spec.storage_base_offset), spec.storage_base
    return spec, within


def _place(specs: list[Any], alignment: int, effort: Effort) -> tuple[dict[int, int], int]:
    """Offsets by the specs' identity, and the peak; a tensor without bytes is at 0."""
    real = [spec for spec in specs if spec.allocated_memory]
    problem = Problem.from_arrays(
        np.array([spec.lifetime[0] for spec in real], np.int64),
        np.array([spec.lifetime[1] + 1 for spec in real], np.int64),
        np.array([spec.allocated_memory for spec in real], np.int64),
        alignment=np.full(len(real), alignment, np.int64),
    )
    solution = engine.minimize(problem, effort)
    violations = validate(problem, solution)
    if violations:
        raise TelamallocError(f"no plan for {len(real)} tensors in time: {violations[0]}")
    offsets = {id(spec): 0 for spec in specs}
    offsets.update({id(s): int(o) for s, o in zip(real, solution.offsets, strict=True)})
    return offsets, solution.peak
