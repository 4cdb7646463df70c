"""The simple alternative to a policy: one inline threshold for all programs.

Sweeps `-mllvm -inline-threshold=` over training programs, takes the threshold that makes their
linked .text smallest in all, and reports that one on programs that were not swept. Sizes are kept
in the work folder: an interrupted run goes on where it was.

    python bench/thresholds.py --output build/bench/thresholds
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click

from mlgo import paths
from mlgo.corpus.build import compile_module, link_program, text_size
from mlgo.corpus.program import load_program
from mlgo.parallel import parallel_map
from mlgo.policy import Policy
from mlgo.toolchain import Toolchain, find_toolchain

#: None is stock -Oz, whose own threshold is 5: that one shows that the option is what -Oz reads.
THRESHOLDS = (None, 5, -10, 0, 10, 20, 50)
TRAIN = "abseil,fmtlib,libxml2,lz4,pcre2,snappy,zlib"
TEST = (
    "expat,libyaml,spdlog,tinyxml2,"
    "lua5.4,libzstd,re2,leveldb,ninja-build,pugixml,yaml-cpp,libjsoncpp,cmark,sqlite3"
)


class Sizes:
    """Linked .text by program and threshold, kept on disk."""

    def __init__(self, toolchain: Toolchain, file: Path, jobs: int) -> None:
        self._toolchain, self._file, self._jobs = toolchain, file, jobs
        self._known: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def get(self, program: str, threshold: int | None) -> int:
        """Returns bytes; builds the program when they are not known."""
        key = f"{program} {threshold}"
        if key not in self._known:
            self._known[key] = _linked(self._toolchain, program, threshold, self._jobs)
            partial = self._file.with_suffix(".partial")
            partial.write_text(json.dumps(self._known, indent=1, sort_keys=True) + "\n")
            partial.rename(self._file)
        return self._known[key]

    def change(self, programs: Iterable[str], threshold: int | None) -> float:
        """Returns the change of the programs' total against stock."""
        programs = list(programs)
        total = sum(self.get(name, threshold) for name in programs)
        return total / sum(self.get(name, None) for name in programs) - 1


def _linked(toolchain: Toolchain, name: str, threshold: int | None, jobs: int) -> int:
    folder = paths.corpus() / name
    program = load_program(folder)
    arguments = () if threshold is None else ("-mllvm", f"-inline-threshold={threshold}")
    stock = Policy("stock")
    with tempfile.TemporaryDirectory(prefix="mlgo-thresholds-") as work:
        objects, output = Path(work) / "objects", Path(work) / "linked"
        parallel_map(
            lambda m: compile_module(
                toolchain, folder, m, stock, None, objects / m.name, arguments=arguments
            ),
            program.modules,
            jobs,
        )
        return sum(
            text_size(link_program(toolchain, folder, link, objects, output / str(index)))
            for index, link in enumerate(program.links)
        )


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=Path("build/bench/thresholds"))
@click.option("--train", default=TRAIN, show_default=True)
@click.option("--test", default=TEST, show_default=True)
@click.option("--jobs", "-j", type=click.IntRange(1), default=1, show_default=True)
def main(output: Path, train: str, test: str, jobs: int) -> None:
    """Prints the sweep and the best threshold's effect on unseen programs, as Markdown."""
    output.mkdir(parents=True, exist_ok=True)
    sizes = Sizes(find_toolchain(22), output / "sizes.json", jobs)
    names = train.split(",")
    print("| threshold | training programs in all |\n|---|---|")
    changes = {threshold: sizes.change(names, threshold) for threshold in THRESHOLDS}
    for threshold, change in changes.items():
        print(f"| {'stock' if threshold is None else threshold} | {change:+.2%} |")
    best = min((t for t in changes if t is not None), key=lambda t: changes[t])
    print(f"\n| program | stock, bytes | threshold {best} |\n|---|---|---|")
    for name in test.split(","):
        print(f"| {name} | {sizes.get(name, None):,} | {sizes.change([name], best):+.2%} |")
    total = sum(sizes.get(name, None) for name in test.split(","))
    print(f"| in all | {total:,} | {sizes.change(test.split(','), best):+.2%} |")


if __name__ == "__main__":
    main()
