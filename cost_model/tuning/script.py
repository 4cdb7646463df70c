"""Runs a script unchanged while each module that it compiles is tuned; needs .venv-xla.

python -m cost_model.tuning.script OPTIONS-AS-JSON SCRIPT [ARGUMENTS...]
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np

from cost_model.hlo import proto
from cost_model.hlo.module import Shape
from cost_model.tuning.choice import STOCK, Choice
from cost_model.tuning.hook import editing
from cost_model.tuning.models import Model, load_model
from cost_model.tuning.tune import choice_for
from cost_model.xla.compiler import Compiler
from cost_model.xla.knob import with_tile
from mlgo.errors import UserError

# Arguments that share memory with results are used up by a run, and could not be timed twice.
_DONATION = ("tf.aliasing_output", "jax.buffer_donor")
_DTYPES = {"pred": "bool", "f16": "float16", "bf16": "bfloat16", "f32": "float32",
           "f64": "float64", "s8": "int8", "s16": "int16", "s32": "int32", "s64": "int64",
           "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64",
           "c64": "complex64", "c128": "complex128"}  # fmt: skip


class Tuner:
    """Chooses a tile for each module that JAX compiles, and keeps account of it."""

    def __init__(self, model: Model, measure: int, remember: bool) -> None:
        self._model = model
        self._measure = measure
        self._remember = remember
        self._compiler = Compiler()
        self._compiler.require_tiles()
        self._busy = False
        self.choices: list[tuple[str, Choice]] = []

    def edit(self, stablehlo: str, options: bytes) -> bytes:
        """Returns the compile options for a module; see `cost_model.tuning.hook.Edit`."""
        if self._busy or "dot_general" not in stablehlo:
            return options
        self._busy = True  # what is compiled on the way to a choice is left alone
        try:
            choice = self._choice(stablehlo)
        except (UserError, jax.errors.JaxRuntimeError) as error:
            print(f"{_name(stablehlo)}: left to XLA: {error}", file=sys.stderr)
            return options
        finally:
            self._busy = False
        self.choices.append((_name(stablehlo), choice))
        return with_tile(options, choice.tile) if choice.tile else options

    def _choice(self, stablehlo: str) -> Choice:
        if any(mark in stablehlo for mark in _DONATION):
            raise UserError("it donates its arguments, which cannot be timed")
        arguments = self._arguments(stablehlo) if self._measure else []
        return choice_for(
            self._compiler, stablehlo, arguments, self._model, self._measure, self._remember
        )

    def _arguments(self, stablehlo: str) -> list[Any]:
        """Draws arguments: the script's own are not known while it compiles."""
        module = proto.parse(
            self._compiler.stock(stablehlo).hlo_modules()[0].as_serialized_hlo_module_proto()
        )
        entry = module.computation(module.entry)
        parameters = [i for i in entry.instructions if i.opcode == "parameter"]
        parameters.sort(key=lambda i: i.parameter_number)
        rng = np.random.default_rng(0)
        return [_draw(rng, parameter.shape) for parameter in parameters]


def _draw(rng: np.random.Generator, shape: Shape) -> Any:
    if shape.type not in _DTYPES:
        raise UserError(f"an argument is of type {shape.type}")
    dtype = np.dtype(jax.numpy.dtype(_DTYPES[shape.type]))
    if dtype.kind in "biu":
        return np.zeros(shape.dimensions, dtype)
    # Small enough that layer upon layer, or step upon step, stays near 1 and is comparable.
    scale = shape.dimensions[-2] ** -0.5 if len(shape.dimensions) > 1 else 1.0
    return (rng.standard_normal(shape.dimensions) * scale).astype(dtype)


def _name(stablehlo: str) -> str:
    return stablehlo.partition("module @")[2].partition(" ")[0] or "module"


def report(choices: list[tuple[str, Choice]]) -> list[dict[str, Any]]:
    """Returns what was chosen, for JSON."""
    return [
        {
            "module": name, "tile": str(choice.tile) if choice.tile else STOCK,
            "source": choice.source, "products": choice.products, "times_ns": choice.times_ns,
        }
        for name, choice in choices
    ]  # fmt: skip


def main() -> None:
    """Runs the script; its own exit code is kept."""
    options, script, *arguments = sys.argv[1:]
    wanted = json.loads(options)
    model = Path(wanted["model"]) if wanted["model"] else None
    tuner = Tuner(load_model(model), wanted["measure"], wanted["remember"])
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).parent)
    try:
        with editing(tuner.edit):
            runpy.run_path(script, run_name="__main__")
    finally:
        Path(wanted["report"]).write_text(json.dumps(report(tuner.choices)))


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        hint = f"\nhint: {error.hint}" if error.hint else ""
        sys.exit(f"error: {error}{hint}")
