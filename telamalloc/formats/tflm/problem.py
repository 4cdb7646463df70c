"""A TFLM model as an allocation problem, and a plan for it as the offsets of its tensors."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from telamalloc.formats.tflm.lifetimes import ALIGNMENT, Lifetimes, lifetimes
from telamalloc.formats.tflm.metadata import RUNTIME
from telamalloc.formats.tflm.model import RESHAPE, Model
from telamalloc.problem import Ints, Problem
from telamalloc.solution import Solution, Status
from telamalloc.validate import Violation, validate


@dataclass(frozen=True, eq=False)
class TflmProblem:
    """The problem, and which of its buffers holds which tensor.

    Attributes:
        model: the model.
        lives: lifetimes and sizes of all tensors.
        buffer: int64 [tensors], the row of each tensor's buffer in `problem`, -1 for none.
        problem: one buffer for each tensor, or for each chain of tensors in one place.
    """

    model: Model
    lives: Lifetimes
    buffer: Ints
    problem: Problem

    def offsets(self, solution: Solution) -> Ints:
        """The offsets that TFLM wants: int64 [tensors], RUNTIME for those without a buffer."""
        planned = self.buffer >= 0
        return np.where(planned, solution.offsets[np.maximum(self.buffer, 0)], RUNTIME)


def tflm_problem(model: Model, capacity: int | None = None, in_place: bool = True) -> TflmProblem:
    """What TFLM must place in its arena.

    Args:
        model: the model.
        capacity: bytes; None: to be found.
        in_place: a reshape's operand and result share one place: TFLM's kernel copies nothing
            if both have the same address (tensorflow/lite/micro/kernels/reshape.cc).
    """
    lives = lifetimes(model)
    planned = np.flatnonzero(lives.size)
    chain = _chains(model, lives) if in_place else np.arange(len(lives.size))
    heads, row = np.unique(chain[planned], return_inverse=True)
    buffer = np.full(len(lives.size), -1, np.int64)
    buffer[planned] = row
    lower = np.full(len(heads), np.iinfo(np.int64).max)
    upper = np.zeros(len(heads), np.int64)
    np.minimum.at(lower, row, lives.lower[planned])
    np.maximum.at(upper, row, lives.upper[planned])
    problem = Problem.from_arrays(
        lower, upper, lives.size[heads], capacity,
        alignment=np.full(len(heads), ALIGNMENT), names=_names(model, heads),
    )  # fmt: skip
    return TflmProblem(model, lives, buffer, problem)


def arena_size(model: Model, offsets: Ints) -> int:
    """Bytes of the arena that the tensors with an offset take."""
    return int(np.where(offsets >= 0, offsets + lifetimes(model).size, 0).max(initial=0))


def check_offsets(model: Model, offsets: Ints) -> tuple[Violation, ...]:
    """Checks offsets tensor by tensor against TFLM's lifetimes; none: the plan is right.

    TFLM itself does not check: a wrong plan silently gives wrong results.
    """
    problem, tensors = tensor_problem(model, offsets)
    return validate(problem, Solution.of(problem, Status.SOLVED, offsets[tensors]))


def tensor_problem(model: Model, offsets: Ints) -> tuple[Problem, Ints]:
    """The tensors with an offset as a problem of one buffer each.

    Tensors of one chain of reshapes may share a place. A variable with an offset lives always.

    Returns:
        The problem, and the tensor of each of its rows, int64 [rows].
    """
    lives = lifetimes(model)
    variable = np.array([tensor.variable for tensor in model.tensors], bool)
    tensors = np.flatnonzero((offsets >= 0) & ((lives.size > 0) | variable))
    always = variable[tensors]
    size = np.array([max(1, tensor.size) for tensor in model.tensors], np.int64)
    problem = Problem.from_arrays(
        np.where(always, 0, lives.lower[tensors]),
        np.where(always, lives.upper.max(initial=1), lives.upper[tensors]),
        np.where(always, size[tensors], lives.size[tensors]),
        alignment=np.full(len(tensors), ALIGNMENT),
        aliases=_pairs(_chains(model, lives)[tensors]),
        names=_names(model, tensors),
    )
    return problem, tensors


def _pairs(chain: Ints) -> Ints:
    """All pairs of rows with the same chain, int64 [pairs, 2]."""
    heads, counts = np.unique(chain, return_counts=True)
    longer = [np.flatnonzero(chain == head) for head in heads[counts > 1]]
    pairs = [pair for rows in longer for pair in itertools.combinations(rows.tolist(), 2)]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _chains(model: Model, lives: Lifetimes) -> Ints:
    """For each tensor the first of the chain of reshapes that it is in, int64 [tensors]."""
    head = np.arange(len(lives.size))
    for operator in model.subgraphs[0].operators:
        if operator.code != RESHAPE or not operator.inputs or not operator.outputs:
            continue
        first, second = operator.inputs[0], operator.outputs[0]
        if first >= 0 and lives.size[first] == lives.size[second] > 0:
            head[head == head[second]] = head[first]
    return head


def _names(model: Model, tensors: Ints) -> list[str]:
    """`number:name`: the names alone need not be unique."""
    every = model.tensors
    return [f"{tensor}:{'_'.join(every[tensor].name.split())}" for tensor in tensors]
