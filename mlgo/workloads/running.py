"""Runs workloads: natively, or counted by Valgrind's Cachegrind."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlgo import paths
from mlgo.atomic import write_bytes
from mlgo.errors import UserError
from mlgo.process import check, run
from mlgo.workloads.executable import DRIVERS
from mlgo.workloads.inputs import make_input
from mlgo.workloads.table import Input, Workload

# Fixed, since what is simulated would be this machine's caches otherwise.
_CACHES = ("--I1=32768,8,64", "--D1=32768,8,64", "--LL=8388608,16,64")
_TIMEOUT = 600.0  # seconds, for one run


@dataclass(frozen=True)
class Cost:
    """What was counted.

    Attributes:
        instructions: executed (Ir).
        reads: data reads (Dr).
        writes: data writes (Dw).
    """

    instructions: int
    reads: int
    writes: int

    @property
    def weighted(self) -> int:
        """Instructions + 2 x reads + 2 x writes."""
        return self.instructions + 2 * self.reads + 2 * self.writes

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.instructions + other.instructions,
            self.reads + other.reads,
            self.writes + other.writes,
        )


@dataclass(frozen=True)
class Counted:
    """One counted run.

    Attributes:
        total: of the whole process, the C library included.
        functions: of each function, by its name; functions of the same name are one.
        output_sha256: of what the run wrote to standard output.
    """

    total: Cost
    functions: Mapping[str, Cost]
    output_sha256: str


class Runner:
    """Runs one workload on one of its inputs; a context manager with a folder of its own."""

    def __init__(self, workload: Workload, which: Input) -> None:
        self._workload = workload
        self._which = which
        self._inputs = paths.home() / "inputs"

    def __enter__(self) -> Runner:
        self._folder = tempfile.TemporaryDirectory(prefix="mlgo-")
        self._work = Path(self._folder.name)
        (self._work / "run").mkdir()
        self._raw = _input_file(self._inputs, self._which) if self._which.kind else None
        self._input = self._raw
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def prepare(self, program: Path) -> None:
        """Makes the input, with an executable that can be trusted; before any run."""
        if not self._workload.prepare:
            return
        prepared = self._work / "prepared"
        with prepared.open("wb") as out:
            argv = self._expand(self._workload.prepare, program)
            env = {"LLVM_PROFILE_FILE": "/dev/null"}
            done = run(argv, cwd=self._work, env=env, stdout=out, timeout=_TIMEOUT)
        check(done, f"preparing {self._workload.name}")
        self._input = prepared

    def run(
        self, program: Path, prefix: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> tuple[str, float]:
        """Runs the workload once.

        Args:
            program: the executable.
            prefix: put before the command, e.g. valgrind and its options.
            env: added to the environment.

        Returns:
            The SHA-256 of its output, and its CPU time in seconds.

        Raises:
            UserError: its exit code is not 0.
        """
        output = self._work / "output"
        with output.open("wb") as out:
            argv = [*prefix, *self._expand(self._workload.command, program)]
            done = run(argv, cwd=self._work / "run", env=env, stdout=out, timeout=_TIMEOUT)
        check(done, f"running {program.name} ({self._workload.name})")
        return hashlib.sha256(output.read_bytes()).hexdigest(), done.seconds

    def count(self, program: Path) -> Counted:
        """Runs the workload once and counts what it does.

        Raises:
            UserError: valgrind is not installed, or the exit code is not 0.
        """
        valgrind = shutil.which("valgrind")
        if not valgrind:
            raise UserError("valgrind is not installed", hint="apt-get install valgrind")
        out = self._work / "cachegrind.out"
        prefix = [valgrind, "-q", "--demangle=no", "--tool=cachegrind", "--cache-sim=yes", *_CACHES]
        digest, _ = self.run(program, [*prefix, f"--cachegrind-out-file={out}"])
        total, functions = read_cachegrind(out.read_text(errors="replace"))
        return Counted(total, functions, digest)

    def _expand(self, command: Sequence[str], program: Path) -> list[str]:
        values = {
            "program": str(program),
            "input": str(self._input),
            "raw": str(self._raw),
            "inputs": str(self._inputs),
            "work": str(self._work / "run"),
            "folder": str(DRIVERS),
            "size": str(self._which.size),
            "seed": str(self._which.seed),
        }
        return [_substitute(argument, values) for argument in command]


def _substitute(argument: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        argument = argument.replace(f"{{{name}}}", value)
    return argument


@contextlib.contextmanager
def prepared(workload: Workload, which: Input, program: Path) -> Iterator[Runner]:
    """A runner whose input is made."""
    with Runner(workload, which) as runner:
        runner.prepare(program)
        yield runner


def read_cachegrind(text: str) -> tuple[Cost, dict[str, Cost]]:
    """Reads a Cachegrind output file (format: cachegrind/docs/cg-manual, "File format").

    Returns:
        The whole run's cost, and that of each function by name.

    Raises:
        UserError: it does not count data reads and writes.
    """
    events = re.search(r"^events: (.+)$", text, re.M)
    names = events[1].split() if events else []
    if not {"Ir", "Dr", "Dw"} <= set(names):
        raise UserError("valgrind did not count data reads and writes", exit_code=1)
    places = [names.index(name) for name in ("Ir", "Dr", "Dw")]
    sums: dict[str, list[int]] = {}
    current = [0, 0, 0]
    total = [0, 0, 0]
    for line in text.splitlines():
        if line.startswith("fn="):
            current = sums.setdefault(line[3:], [0, 0, 0])
        elif line[:1].isdigit():
            _add(current, line.split()[1:], places)
        elif line.startswith("summary:"):
            _add(total, line.split()[1:], places)
    return Cost(*total), {name: Cost(*values) for name, values in sums.items()}


def _add(sums: list[int], counts: Sequence[str], places: Sequence[int]) -> None:
    for i, place in enumerate(places):
        if place < len(counts):
            sums[i] += int(counts[place])


def _input_file(folder: Path, which: Input) -> Path:
    """The file of an input; made when it is not there yet."""
    path = folder / f"{which.kind}-{which.size}-{which.seed}.{which.kind}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(path, make_input(which.kind, which.size, which.seed))
    return path
