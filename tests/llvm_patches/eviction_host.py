"""The other end of LLVM's eviction channel: answers -1, so that the patched LLVM's default decides.

eviction_host.py BASE COMMAND...
"""

import json
import math
import os
import subprocess
import sys


def main(base: str, command: list[str]) -> int:
    for end in (".in", ".out"):
        os.mkfifo(base + end, 0o600)
    compiler = subprocess.Popen(command)
    answers = os.open(base + ".in", os.O_WRONLY)
    with open(base + ".out", "rb") as questions:  # noqa: PTH123 - a pipe
        header = json.loads(questions.readline())
        size = sum(
            (8 if "int64" in tensor["type"] else 4) * math.prod(tensor["shape"])
            for tensor in header["features"]
        )
        while line := questions.readline():
            if b"observation" in line:
                questions.read(size + 1)
                os.write(answers, b"\xff" * 8)
    for end in (".in", ".out"):
        os.unlink(base + end)  # noqa: PTH108 - not a path object
    return compiler.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
