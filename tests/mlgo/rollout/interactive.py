"""The interactive channel of LLVM's inliner: a host in Python that is asked for every decision.

Protocol (llvm/Analysis/InteractiveModelRunner.h): the compiler writes a training log's header and
observations to BASE.out and reads the raw advice from BASE.in; both are FIFOs.
"""

import json
import os
import threading
import time

import numpy as np

from mlgo.process import check, run

_DTYPES = {"int64_t": "<i8", "int32_t": "<i4", "float": "<f4", "double": "<f8"}


def flags(base):
    """Arguments for clang: LLVM's own advisor without a model, asking the host at `base`."""
    options = ["-enable-ml-inliner=release", f"-inliner-interactive-channel-base={base}"]
    options += ["-inliner-interactive-include-default"]
    return [word for option in options for word in ("-mllvm", option)]


def compile_with_host(argv, base, flip):
    """Runs a compile; the host decides as LLVM's default does, but for one decision.

    Args:
        argv: clang's, with `flags(base)`.
        base: path of the FIFOs, without their endings.
        flip: index of the decision to invert; -1 for none.

    Returns:
        The number of decisions, and the CPU seconds of compiler and host.
    """
    inward, outward = base.with_suffix(".in"), base.with_suffix(".out")
    for fifo in (inward, outward):
        os.mkfifo(fifo)
    compiler = []
    thread = threading.Thread(target=lambda: compiler.append(run(argv)))
    before = time.process_time()
    thread.start()
    with inward.open("wb", buffering=0) as advice, outward.open("rb") as log:
        decisions = _serve(log, advice, flip)
    thread.join()
    host = time.process_time() - before
    for fifo in (inward, outward):
        fifo.unlink()
    return decisions, host + check(compiler[0], "compiling").seconds


def _serve(log, advice, flip):
    header = json.loads(log.readline())
    specs = [(s["name"], _DTYPES[s["type"]], tuple(s["shape"])) for s in header["features"]]
    row = np.dtype(specs)
    count = 0
    while line := log.readline():
        if "observation" not in json.loads(line):
            continue
        features = np.frombuffer(log.read(row.itemsize), row)
        log.readline()
        decision = int(features["inlining_default"][0].item()) ^ (count == flip)
        advice.write(np.array([decision], "<i8").tobytes())
        count += 1
    return count
