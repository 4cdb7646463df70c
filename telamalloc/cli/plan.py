"""`telamalloc plan`: deliver a plan to a runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from telamalloc import engine
from telamalloc.atomic import write_bytes
from telamalloc.cli import output
from telamalloc.cli.interrupt import stop_on_signal
from telamalloc.cli.options import OutputFile, capacity_option, effort_of, effort_options
from telamalloc.errors import TelamallocError
from telamalloc.formats.load import is_model, read_bytes
from telamalloc.formats.tflm.greedy import greedy_offsets
from telamalloc.formats.tflm.metadata import with_offsets
from telamalloc.formats.tflm.model import parse_model
from telamalloc.formats.tflm.problem import arena_size, check_offsets, tflm_problem


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "path", type=OutputFile(), required=True,
    help="The model with its plan.",
)  # fmt: skip
@click.option("--header", type=OutputFile(), help="Also the plan as a C header, for firmware.")
@click.option(
    "--in-place/--no-in-place",
    default=True,
    show_default=True,
    help="Give a reshape's operand and result one place, as TFLM's kernel allows.",
)
@click.option(
    "--prove", is_flag=True, help="Run both models in tflite-micro and compare their outputs."
)
@capacity_option
@effort_options
def plan(
    model: Path,
    path: Path,
    header: Path | None,
    in_place: bool,
    prove: bool,
    capacity: int | None,
    **options: Any,
) -> int:
    """Write MODEL (.tflite) with an offline memory plan for TensorFlow Lite Micro.

    The plan is in the metadata `OfflineMemoryAllocation`; nothing else of the model changes. It
    is checked, tensor by tensor, before it is written.

    \b
    Examples:
      telamalloc plan model.tflite -o planned.tflite
      telamalloc plan model.tflite -o planned.tflite --header model_plan.h --capacity 256K
      telamalloc plan model.tflite -o planned.tflite --prove
    """  # noqa: D301
    data = read_bytes(model)
    if not is_model(model, data):
        raise click.UsageError(f"{model} is no .tflite model; for others see `telamalloc solve`")
    parsed = parse_model(data)
    question = tflm_problem(parsed, capacity, in_place)
    with stop_on_signal() as stop:
        solution = engine.minimize(question.problem, effort_of(options, stop))
        output.say_solution(question.problem, solution)
        if not output.has_plan(solution):
            output.say(f"error: no plan of at most {capacity:,} bytes" if capacity else "error")
            return output.exit_code(solution, stop.is_set())
        offsets = question.offsets(solution)
        violations = check_offsets(parsed, offsets)
        if violations:
            raise TelamallocError(f"the plan is wrong and was not written: {violations[0]}")
        planned = with_offsets(parsed, offsets)
        write_bytes(path, planned)
        if header is not None:
            output.put_plan(question.problem, solution, "c", header)
        before = arena_size(parsed, greedy_offsets(question.lives))
        after = arena_size(parsed, offsets)
        change = f" ({after / before - 1:+.1%})" if before else ""
        output.say(f"arena for tensors: {before:,} -> {after:,} bytes{change}")
        if prove:
            _prove(data, planned)
        return output.exit_code(solution, stop.is_set())


def _prove(before: bytes, after: bytes) -> None:
    from telamalloc.formats.tflm.prove import compare

    first, second = compare(before, after)
    arena = f"{first.head:,} -> {second.head:,} bytes"
    output.say(f"tflite-micro: identical outputs, measured arena {arena}")
