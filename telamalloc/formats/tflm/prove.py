"""Runs models in PyPI's tflite-micro and compares: the proof that a plan changes no result.

Needs the extra: pip install --pre 'mlgo-suite[tflm]'.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from telamalloc.errors import TelamallocError
from telamalloc.formats.tflm.greedy import greedy_offsets
from telamalloc.formats.tflm.lifetimes import lifetimes
from telamalloc.formats.tflm.model import parse_model
from telamalloc.formats.tflm.problem import arena_size

_SECONDS = 300


@dataclass(frozen=True)
class Run:
    """One run of a model.

    Attributes:
        outputs: SHA-256 of each output's bytes.
        head: bytes of the arena for tensors and scratch buffers, as the runtime measured.
        total: bytes of the arena with what stays for good.
    """

    outputs: tuple[str, ...]
    head: int
    total: int


def run(model: bytes, seed: int = 0) -> Run:
    """Runs a model on random inputs, in a process of its own.

    Args:
        model: the bytes of a `.tflite` file.
        seed: of the inputs.

    Raises:
        TelamallocError: tflite-micro is missing, or cannot run the model.
    """
    parsed = parse_model(model)
    arena = 4 * arena_size(parsed, greedy_offsets(lifetimes(parsed))) + 2**26
    with tempfile.TemporaryDirectory(prefix="telamalloc-") as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(model)
        command = [sys.executable, "-m", "telamalloc.formats.tflm.interpret", str(path)]
        done = subprocess.run(
            [*command, str(arena), str(seed)], capture_output=True, text=True, timeout=_SECONDS
        )
    if done.returncode:
        raise TelamallocError(
            f"tflite-micro cannot run the model: {_last_line(done.stderr)}",
            "pip install --pre 'mlgo-suite[tflm]'; not every operator is in its Python build",
        )
    sizes = {part: _size(part, done.stderr) for part in ("head", "total")}
    return Run(tuple(json.loads(done.stdout)), sizes["head"], sizes["total"])


def compare(before: bytes, after: bytes, seeds: range = range(3)) -> tuple[Run, Run]:
    """Runs two models on the same inputs.

    Returns:
        The first run of each.

    Raises:
        TelamallocError: an output differs.
    """
    runs = [(run(before, seed), run(after, seed)) for seed in seeds]
    for first, second in runs:
        if first.outputs != second.outputs:
            raise TelamallocError(
                "tflite-micro computes other outputs with the plan",
                "do not use the planned model; this is a bug of telamalloc or of the runtime",
                exit_code=1,
            )
    return runs[0]


def _size(part: str, log: str) -> int:
    found = re.search(rf"Arena allocation {part} (\d+) bytes", log)
    if not found:
        raise TelamallocError("tflite-micro did not report its arena")
    return int(found[1])


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it ended without a word"
