"""Compiles a ranker into an object file with a C interface, and that into a shared library."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from cost_model.export.graph import Shape, saved_model
from cost_model.weights import Weights
from mlgo import process
from mlgo.errors import UserError
from mlgo.export.aot import Glue, compile_with_glue
from mlgo.toolchain import find_toolchain

#: Folder of cost_model.h, for programs that use the library.
INCLUDE = Path(__file__).parent.parent / "native"
_SYMBOLS = ("spec", "create", "destroy", "score", "rank")


def build_object(
    weights: Weights, name: str, output: Path, shape: Shape, target: str = "x86_64-linux-gnu"
) -> None:
    """Compiles a model ahead of time; same input, same bytes.

    Args:
        weights: of the model.
        name: of the model, for `cost_model_spec`.
        output: the object file to write; link it with a C++ compiler.
        shape: the largest kernel that it takes.
        target: one of mlgo.export.aot.TARGETS.

    Raises:
        UserError: the network is too large, TensorFlow or clang is missing, or a step failed.
    """
    _check_size(weights, shape)
    spec = json.dumps({"name": name, "sha256": weights.sha256, **asdict(shape)})
    sources = {
        "adapter.cc": (INCLUDE / "cost_model.cc").read_text(),
        "shape.h": _shape_header(shape, spec),
    }
    symbols = tuple(f"cost_model_{symbol}" for symbol in _SYMBOLS)
    with tempfile.TemporaryDirectory(prefix="cost-model-export-") as scratch:
        saved_model(weights, shape, Path(scratch))
        compile_with_glue(Path(scratch), Glue(sources, INCLUDE, symbols), output, target)


def _check_size(weights: Weights, shape: Shape) -> None:
    """Finds products that XLA would leave to Eigen, which the object could not be linked with.

    The bounds are those of DotOpEmitter (xla/service/cpu/dot_op_emitter.cc).

    Raises:
        UserError: there is one.
    """
    m = shape.tiles
    for kernel in weights.kernels[:-1]:  # the last one is a matrix times a vector
        k, n = kernel.shape[1:]
        if k > 128 or not ((m <= 32 and n <= 128) or (m <= 128 and n <= 32)):
            hint = "at most 32 tiles at a time, and at most 128 inputs and units of a layer"
            message = f"a layer of {k} x {n} cannot be compiled for {m} tiles at a time"
            raise UserError(message, hint)


def link_library(object_file: Path, output: Path) -> None:
    """Links an object file of this machine's architecture into a shared library.

    Raises:
        UserError: clang is missing, or linking failed.
    """
    partial = output.with_name(output.name + ".partial")
    command = [str(find_toolchain().clangxx), "-shared", "-Wl,--no-undefined", str(object_file)]
    done = process.run([*command, "-o", str(partial), "-lm"])
    try:
        process.check(done, f"linking {output}")
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)


def _shape_header(shape: Shape, spec: str) -> str:
    return f"""\
#include <cstdint>

namespace {{
constexpr int32_t MaxNodes = {shape.nodes};
constexpr int32_t MaxEdges = {shape.edges};
constexpr int32_t TilesAtATime = {shape.tiles};
constexpr char Spec[] = {json.dumps(spec)};
}} // namespace
"""
