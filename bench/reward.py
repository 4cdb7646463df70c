"""Does a module's reward mean linked size? Change of both under policies, program by program.

Each validation program is built under a range of policies: the shipped one at several cautions, and
sampled at several temperatures. The reward of its modules (`mlgo.inlining.reward`) is summed in two
ways: a byte in a function that n modules define counts 1/n, or 1. Both are compared with what the
linker made of the same objects. Results are kept: an interrupted run goes on where it was.

    python bench/reward.py --output build/bench/reward --svg docs/reward.svg
"""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
import matplotlib
import numpy as np
from matplotlib.figure import Figure

from mlgo import models, paths
from mlgo.atomic import write_text
from mlgo.corpus.build import compile_program, link_program, text_size
from mlgo.corpus.program import load_program
from mlgo.inlining.reward import LinkedWeights
from mlgo.inlining.weights import load_weights
from mlgo.plugin.build import DEFAULT_POLICY, plugin_path
from mlgo.policy import Policy
from mlgo.rollout.explore import Sizes
from mlgo.toolchain import Toolchain, find_toolchain
from mlgo.train.evolution import Vector, ranks

VALIDATION = "jansson,libebml,libyaml,muparser,spdlog,tinyxml2"
CAUTIONS = (0.3, 0.6, 1.0, 2.0)
TEMPERATURES = (0.25, 0.5, 1.0)
WEIGHTINGS = ("1/n", "1")

# "0000000000000000  w    F .text._ZN1aC2Ev 000000000000002f .hidden _ZN1aC2Ev"
_FUNCTION = re.compile(
    r"^[0-9a-f]{16} (.).{5}F (\.text\S*)\s+([0-9a-f]{16})(?: \.\w+)? (\S+)$", re.MULTILINE
)


@dataclass(frozen=True)
class Build:
    """A program under a policy: bytes of its products, and of each function of each module."""

    linked: int
    modules: list[Sizes]


@dataclass(frozen=True)
class Bench:
    """The measurement, in a work folder."""

    toolchain: Toolchain
    plugin: Path
    output: Path
    jobs: int

    def policies(self) -> dict[str, Policy]:
        """The policies by name; the first is what the others are compared with."""
        shipped = load_weights(models.weights_file(DEFAULT_POLICY))
        found = {"default": Policy("default")}
        for caution in CAUTIONS:
            path = self.output / f"caution-{caution:g}.mlgo"
            dataclasses.replace(shipped, default_weight=caution).save(path)
            found[path.stem] = Policy("file", weights=path)
        for temperature in TEMPERATURES:
            weights = models.weights_file(DEFAULT_POLICY)
            policy = Policy("file", weights=weights, seed=1, temperature=temperature)
            found[f"temperature-{temperature:g}"] = policy
        return found

    def built(self, name: str, program: str, policy: Policy) -> Build:
        """Builds a program, unless that is done already."""
        file = self.output / f"{program}-{name}.json"
        if not file.exists():
            write_text(file, json.dumps(dataclasses.asdict(self._build(program, policy))))
        return Build(**json.loads(file.read_text()))

    def _build(self, name: str, policy: Policy) -> Build:
        folder = paths.corpus() / name
        program = load_program(folder)
        with tempfile.TemporaryDirectory(prefix="mlgo-reward-") as scratch:
            objects, output = Path(scratch) / "objects", Path(scratch) / "linked"
            compile_program(
                self.toolchain, folder, program, policy, self.plugin, objects, jobs=self.jobs
            )
            linked = sum(
                text_size(link_program(self.toolchain, folder, k, objects, output / str(i)))
                for i, k in enumerate(program.links)
            )
            return Build(linked, [self._functions(objects / m.name) for m in program.modules])

    def _functions(self, path: Path) -> Sizes:
        """The sizes that the plugin measures; each function has a section of its name."""
        argv: list[str | Path] = [self.toolchain.tool("llvm-objdump"), "--syms", path]
        listing = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        return {
            f"static {name}" if scope == "l" else name: int(size, 16)
            for scope, section, size, name in _FUNCTION.findall(listing)
            if section.endswith(f".{name}")  # others are aliases, of a constructor for example
        }


@dataclass(frozen=True)
class Point:
    """A program under a policy, as fractions of its size by default; negative is smaller.

    Attributes:
        linked: change of its linked products.
        reward: change of its modules in sum, by weighting.
    """

    program: str
    policy: str
    linked: float
    reward: dict[str, float]


def points(bench: Bench, programs: list[str]) -> list[Point]:
    """Measures every program under every policy."""
    found = []
    (reference, default), *others = bench.policies().items()
    for program in programs:
        base = bench.built(reference, program, default)
        weights = dict(
            zip(WEIGHTINGS, (LinkedWeights(base.modules), LinkedWeights([])), strict=True)
        )
        for name, policy in others:
            build = bench.built(name, program, policy)
            reward = {
                key: sum(map(w.size, build.modules)) / sum(map(w.size, base.modules)) - 1
                for key, w in weights.items()
            }
            found.append(Point(program, name, build.linked / base.linked - 1, reward))
            click.echo(f"{program} {name}", err=True)
    return found


def pearson(x: Vector, y: Vector) -> float:
    """Returns the correlation of values; Spearman's is that of `ranks`."""
    return float(np.corrcoef(x, y)[0, 1])


def table(found: list[Point]) -> str:
    """Returns the correlations as Markdown: of all policies, and without the sampled ones."""
    lines = [
        "| policies | weight | points | Pearson | Spearman | mean abs. error, points of percent |"
    ]
    lines.append("|---|---|---|---|---|---|")
    calm = [p for p in found if not p.policy.startswith("temperature")]
    for title, some in (("all", found), ("not sampled", calm)):
        linked = np.array([p.linked for p in some])
        for key in WEIGHTINGS:
            reward = np.array([p.reward[key] for p in some])
            figures = f"{pearson(reward, linked):.3f} | {pearson(ranks(reward), ranks(linked)):.3f}"
            error = 100 * np.abs(reward - linked).mean()
            lines.append(f"| {title} | {key} | {len(some)} | {figures} | {error:.2f} |")
    return "\n".join(lines)


def draw(found: list[Point], path: Path) -> None:
    """Draws reward against linked size, a panel for each weighting."""
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    for axes, key in zip(figure.subplots(1, 2, sharey=True), WEIGHTINGS, strict=True):
        for marker, name in zip("osv^DPX*", dict.fromkeys(p.program for p in found), strict=False):
            mine = [p for p in found if p.program == name]
            x, y = [100 * p.reward[key] for p in mine], [100 * p.linked for p in mine]
            axes.scatter(x, y, 26, marker=marker, label=name, alpha=0.8)
        axes.set_xscale("symlog", linthresh=1)  # a tenth of a percent matters as much as fifty
        axes.set_yscale("symlog", linthresh=1)
        axes.plot([-20, 100], [-20, 100], color="grey", linewidth=1)
        axes.set_xlabel(f"modules, weight {key}: change in percent")
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("linked: change in percent")
    figure.axes[0].legend()
    with matplotlib.rc_context({"svg.hashsalt": "reward"}):  # same points, same bytes
        figure.savefig(path, format="svg", metadata={"Date": None})


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=Path("build/bench/reward"))
@click.option("--svg", type=click.Path(path_type=Path), help="[default: OUTPUT/reward.svg]")
@click.option("--programs", default=VALIDATION, show_default=True)
@click.option("--jobs", "-j", type=click.IntRange(1), default=1, show_default=True)
def main(output: Path, svg: Path | None, programs: str, jobs: int) -> None:
    """Prints the correlations as Markdown, and draws them."""
    output.mkdir(parents=True, exist_ok=True)
    bench = Bench(find_toolchain(22), plugin_path(22), output, jobs)
    found = points(bench, programs.split(","))
    write_text(output / "reward.json", json.dumps([dataclasses.asdict(p) for p in found], indent=1))
    draw(found, svg or output / "reward.svg")
    click.echo(table(found))


if __name__ == "__main__":
    main()
