"""The learning methods in one table: the same programs, the same CPU seconds of compiling.

Each method is a run of `mlgo train inlining --method` in a folder of its own, judged by the linked
size of the same validation programs. Compiling those is in nobody's budget. An interrupted
comparison goes on where it was; a finished run is not repeated.

    python bench/methods.py --output build/bench/methods
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from mlgo.atomic import write_text

TRAIN = "abseil,benchmark,capnproto,cppunit,double-conversion,expat,fmtlib,lz4,snappy,zlib"
VALIDATION = "jansson,libebml,libyaml,muparser,spdlog,tinyxml2"

#: Beside the shipped configurations: steps small enough for a budget of minutes, more of them than
#: any budget pays for, and a look at the validation programs at the end only.
SETTINGS: dict[str, tuple[str, ...]] = {
    "clone": ("Imitation.seed = {seed}",),
    "expert": ("ExpertIteration.seed = {seed}", "improve/Imitation.seed = {seed}"),
    "ppo": (
        "Ppo.seed = {seed}",
        "Ppo.batch = 16",
        "Ppo.iterations = 1000",
        "Ppo.validate_every = 1000",
    ),
    "evolution": (
        "Evolution.seed = {seed}",
        "Evolution.pairs = 4",
        "Evolution.batch = 6",
        "Evolution.iterations = 1000",
        "Evolution.validate_every = 1000",
    ),
}


@dataclass(frozen=True)
class Row:
    """One run.

    Attributes:
        method, seed: of the run.
        seconds: CPU time of compiling training programs.
        change: of the validation programs' linked size under the chosen policy.
        worst: of the program that fares worst.
    """

    method: str
    seed: int
    seconds: float
    change: float
    worst: float


@dataclass(frozen=True)
class Bench:
    """The comparison, in a work folder."""

    output: Path
    train: tuple[str, ...]
    validation: tuple[str, ...]
    modules: int
    budget: float
    jobs: int

    def row(self, method: str, seed: int) -> Row:
        """Trains, unless that is done already."""
        folder = self.output / f"{method}-{seed}"
        finished = folder / "row.json"
        if not finished.exists():
            self._train(method, seed, folder)
            best = json.loads((folder / "best.json").read_text())
            seconds = json.loads((folder / "spent.json").read_text())["seconds"]
            row = Row(method, seed, seconds, best["change"], best["worst"])
            write_text(finished, json.dumps(asdict(row)) + "\n")
        return Row(**json.loads(finished.read_text()))

    def _train(self, method: str, seed: int, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "validation").exists():  # measured once for all: sizes by policy's hash
            (self.output / "validation").mkdir(exist_ok=True)
            (folder / "validation").symlink_to(Path("..") / "validation")
        bindings = [
            f"Problem.train = {self.train}",
            f"Problem.validation = {self.validation}",
            f"Problem.modules = {self.modules}",
            f"Problem.budget = {self.budget}",
            "Problem.link_aware = False",
            "Problem.cautions = (0.7, 1.0)",
            *(setting.format(seed=seed) for setting in SETTINGS[method]),
        ]
        command = [sys.executable, "-c", "from mlgo.cli import main; main()"]
        command += ["train", "inlining", "--method", method, "--output", str(folder)]
        command += ["--jobs", str(self.jobs), *(w for b in bindings for w in ("--set", b))]
        # One core for TensorFlow too, so that runs are comparable by CPU time.
        single = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
        env = {**os.environ, **single, "OMP_NUM_THREADS": "1"}
        subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=Path("build/bench/methods"))
@click.option("--methods", default=",".join(SETTINGS), show_default=True)
@click.option("--seeds", default="0", show_default=True, help="Separated by commas.")
@click.option("--train", default=TRAIN, show_default=True)
@click.option("--validation", default=VALIDATION, show_default=True)
@click.option("--modules", default=6, show_default=True, help="Of each training program at most.")
@click.option("--budget", default=120.0, show_default=True, help="CPU seconds for each run.")
@click.option("--jobs", "-j", type=click.IntRange(1), default=1, show_default=True)
def main(
    output: Path,
    methods: str,
    seeds: str,
    train: str,
    validation: str,
    modules: int,
    budget: float,
    jobs: int,
) -> None:
    """Prints the comparison as Markdown."""
    split = tuple(train.split(",")), tuple(validation.split(","))
    bench = Bench(output, *split, modules, budget, jobs)
    print("| method | seed | CPU seconds | validation programs, linked | worst program |")
    print("|---|---|---|---|---|")
    for method in methods.split(","):
        for seed in map(int, seeds.split(",")):
            row = bench.row(method, seed)
            figures = f"{row.seconds:.0f} | {row.change:+.2%} | {row.worst:+.2%}"
            print(f"| {method} | {seed} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
