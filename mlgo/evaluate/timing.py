"""Compile time of a program in three ways, measured in turns so that drift meets them all."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgo.corpus.build import compile_module
from mlgo.corpus.program import Module, Program
from mlgo.errors import UserError
from mlgo.evaluate.build import Tick
from mlgo.evaluate.compiler import VariantCompiler
from mlgo.evaluate.result import VARIANTS, CompileTime
from mlgo.evaluate.statistics import interleaved_ratio


def time_program(
    compiler: VariantCompiler, folder: Path, program: Program, *, rounds: int, tick: Tick
) -> NDArray[np.float64]:
    """Measures the CPU time of compiling a program's modules, one compile at a time.

    Every module is compiled in all three ways next to each other, `rounds` times; who goes
    first changes every round. Modules that do not compile in all three ways are left out.

    Args:
        compiler: what to compile with.
        folder: the program's, in the corpus.
        program: what to compile.
        rounds: at least two.
        tick: called with the name of each module that is done.

    Returns:
        [modules, rounds, variants], seconds.
    """
    rows = []
    with tempfile.TemporaryDirectory(prefix="mlgo-") as work:
        for module in program.modules:
            with contextlib.suppress(UserError):  # the size measurement has named it
                rows.append(_time_module(compiler, folder, module, rounds, Path(work) / "out.o"))
            tick(module.name)
    return np.array(rows).reshape(len(rows), rounds, len(VARIANTS))


def summarize(seconds: NDArray[np.float64], seed: int) -> CompileTime | None:
    """Summarizes what `time_program` measured; of many programs, when concatenated.

    Args:
        seconds: [modules, rounds, variants].
        seed: of the confidence intervals' resampling.

    Returns:
        None when there are no modules.
    """
    modules, rounds, _ = seconds.shape
    if modules == 0:
        return None
    stock, control, policy = np.moveaxis(seconds, 2, 0)
    return CompileTime(
        rounds=rounds,
        modules=modules,
        stock_seconds=float(stock.sum() / rounds),
        control=interleaved_ratio(stock, control, seed),
        policy=interleaved_ratio(stock, policy, seed),
    )


def _time_module(
    compiler: VariantCompiler, folder: Path, module: Module, rounds: int, output: Path
) -> list[list[float]]:
    """Returns CPU seconds, [rounds, variants]."""
    rows = []
    for turn in range(rounds):
        first = turn % len(VARIANTS)
        row = {}
        for variant in (*VARIANTS[first:], *VARIANTS[:first]):
            policy, plugin = compiler.policy_of(variant), compiler.plugin_of(variant)
            done = compile_module(compiler.toolchain, folder, module, policy, plugin, output)
            row[variant] = done.seconds
        rows.append([row[variant] for variant in VARIANTS])
    return rows
