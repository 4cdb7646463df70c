"""A process that runs one model in tflite-micro: outputs' digests as JSON on stdout.

The runtime writes its account of the arena to stderr.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

import numpy as np

from telamalloc.formats.tflm.model import parse_model


def main(path: str, arena: int, seed: int) -> None:
    """Runs the model at `path` once, on inputs from `seed`, in an arena of so many bytes."""
    from tflite_micro import runtime

    with open(path, "rb") as file:  # noqa: PTH123
        data = file.read()
    subgraph = parse_model(data).subgraphs[0]
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=arena)
    random = np.random.default_rng(seed)
    for index in range(len(subgraph.inputs)):
        details = interpreter.get_input_details(index)
        interpreter.set_input(_values(random, details["shape"], np.dtype(details["dtype"])), index)
    interpreter.invoke()
    outputs = [interpreter.get_output(index) for index in range(len(subgraph.outputs))]
    json.dump([hashlib.sha256(np.ascontiguousarray(out).tobytes()).hexdigest() for out in outputs],
              sys.stdout)  # fmt: skip
    interpreter.print_allocations()


def _values(
    random: np.random.Generator, shape: list[int], dtype: np.dtype[np.generic]
) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    if dtype.kind == "f":
        return random.standard_normal(shape).astype(dtype)
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(dtype)
    span: Any = np.iinfo(str(dtype))
    return random.integers(max(span.min, -128), min(span.max, 127), shape).astype(dtype)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
