"""Would IR2Vec embeddings tell which calls to inline? Boosted trees with and without them.

A function's symbolic embedding is a sum of vectors, one for each opcode, type and operand of 110
kinds (llvm/Analysis/IR2Vec.h). With unit vectors as vocabulary it is the counts themselves, of
which any trained vocabulary makes linear combinations. Searches a few modules of each package, and
goes on where it was stopped.

    python bench/ir2vec.py
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import ydf

from mlgo import paths
from mlgo.atomic import write_text
from mlgo.corpus.program import Module, load_program
from mlgo.inlining.features import DEFAULT_DECISION, FEATURES
from mlgo.perceptron import squash
from mlgo.plugin.build import plugin_path
from mlgo.policy import Policy
from mlgo.process import check, run
from mlgo.rollout.arrays import read_arrays, save_arrays
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.explore import Sizes
from mlgo.toolchain import Toolchain, find_toolchain
from mlgo.train.searched import count_flip, features_of
from mlgo.tune.decisions import Decision, Key
from mlgo.tune.module import ModuleTarget
from mlgo.tune.search import search, start
from mlgo.tune.state import Params
from mlgo.weights_file import Floats

PACKAGES = "abseil,benchmark,capnproto,cppunit,double-conversion,fmtlib,snappy"
# About what comes before inlining.
SIMPLIFY = "sroa,early-cse,simplifycfg,instcombine<no-verify-fixpoint>,gvn,simplifycfg"
CLIP = 200.0
LEAST = (2, 4, 8)  # bytes that a flip must be expected to save
DEFAULT = FEATURES.index(DEFAULT_DECISION)
LLVMS = FEATURES.index("is_caller_avail_external") + 1  # features of LLVM's own advisor


class Alone:
    """Each byte of a module counts as one."""

    def weight(self, module: str, label: str) -> float:
        """Returns 1."""
        return 1.0


@dataclass(frozen=True)
class Embedder:
    """Counts what functions consist of.

    Attributes:
        toolchain: of LLVM 22, with llvm-ir2vec.
        vocabulary: a unit vector for each kind.
    """

    toolchain: Toolchain
    vocabulary: Path

    def functions(self, bitcode: Path) -> dict[str, Floats]:
        """Returns function -> float32 (kinds,)."""
        with tempfile.TemporaryDirectory(prefix="mlgo-ir2vec-") as name:
            simple = Path(name) / "simple.bc"
            optimise = [self.toolchain.tool("opt"), f"-passes=function({SIMPLIFY})"]
            check(run([*optimise, bitcode, "-o", simple]), "simplifying")
            embed = [self.toolchain.tool("llvm-ir2vec"), "embeddings", "--level=func"]
            done = check(run([*embed, f"--ir2vec-vocab-path={self.vocabulary}", simple]), "ir2vec")
        found = re.finditer(r"Function: (\S+)\s*\[([^\]]*)\]", done.log)
        return {m.group(1): np.array(m.group(2).split(), np.float32) for m in found}


def unit_vocabulary(toolchain: Toolchain, path: Path) -> Embedder:
    """Writes a vocabulary of unit vectors."""
    listed = check(run([toolchain.tool("llvm-ir2vec"), "entities"]), "listing kinds").log
    names = [line.split("\t")[0] for line in listed.splitlines() if "\t" in line]
    first_type, first_argument = names.index("FloatTy"), names.index("Function")
    sections: dict[str, dict[str, list[float]]] = {"Opcodes": {}, "Types": {}, "Arguments": {}}
    for at, name in enumerate(names):
        late = "Types" if at < first_argument else "Arguments"
        section = "Opcodes" if at < first_type else late
        sections[section][name] = [float(at == other) for other in range(len(names))]
    write_text(path, json.dumps(sections))
    return Embedder(toolchain, path)


@dataclass(frozen=True)
class Tried:
    """Calls that a search tried.

    Attributes:
        features: float32 (n, FEATURES).
        counts: float32 (n, 2 * kinds), what caller and callee consist of.
        gains: float32 (n,), the bytes that the decision saves which is not LLVM's default.
    """

    features: Floats
    counts: Floats
    gains: Floats


def worths(target: ModuleTarget, compiles: int) -> tuple[list[Decision], dict[Key, float]]:
    """Searches a module; returns its best decisions, and the bytes that inlining a call adds."""
    state = start(target, [target.compile_as("default")], 1)
    worth: dict[Key, float] = {}

    def hear(flip: Sequence[Decision], added: Sizes) -> None:
        keys, inlined = [d.key for d in flip], [d.inline for d in flip]
        count_flip(worth, keys, inlined, sum(added.values()))

    search(target, state, compiles, Params(sites=False), observe=hear)
    return state.best, worth


def collect(target: ModuleTarget, bitcode: Path, embedder: Embedder, compiles: int) -> Tried:
    """Searches a module and says what its calls look like."""
    best, worth = worths(target, compiles)
    functions = embedder.functions(bitcode)
    rows = [
        (row, functions[d.key.caller], functions[d.key.callee], worth[d.key])
        for row, d in enumerate(best)
        if d.key in worth and {d.key.caller, d.key.callee} <= functions.keys()
    ]
    if not rows:
        return Tried(*(np.empty((0, n), np.float32) for n in (len(FEATURES), 0)), np.empty(0))
    features = features_of(target, best)[[row[0] for row in rows]].astype(np.float32)
    inlining = np.array([row[3] for row in rows], np.float32)
    gains = np.where(features[:, DEFAULT] == 1, inlining, -inlining)
    return Tried(features, np.array([np.concatenate(row[1:3]) for row in rows]), gains)


def modules_of(package: str, most: int) -> list[Module]:
    """Returns some of a package's modules, evenly spread."""
    modules = load_program(paths.corpus() / package).modules
    return list(modules)[:: max(1, len(modules) // most)][:most]


def examples(package: str, most: int, compiles: int, output: Path, embedder: Embedder) -> Tried:
    """Collects from a package; each module once."""
    folder = paths.corpus() / package
    compiler = PluginCompiler(embedder.toolchain, plugin_path(22))
    found = []
    for module in modules_of(package, most):
        file = output / package / f"{module.name.replace('/', '_')}.npz"
        if not file.exists():
            target = ModuleTarget(compiler, folder, module, Policy("default"), Alone())
            bitcode = (folder / "bitcode" / module.name).with_suffix(".bc")
            save_arrays(file, vars(collect(target, bitcode, embedder, compiles)))
        with read_arrays(file, "is no collection") as arrays:
            if len(arrays["gains"]):
                found.append([arrays[name] for name in ("features", "counts", "gains")])
    return Tried(*(np.concatenate(column) for column in zip(*found, strict=True)))


def inputs(tried: Tried, kind: str) -> Floats:
    """Returns what a model may look at, squashed."""
    features = tried.features
    columns = {
        "LLVM's features": (features[:, :LLVMS], features[:, [DEFAULT]]),
        "ours": (features,),
        "ours and the counts": (features, tried.counts),
        "the counts": (features[:, [DEFAULT]], tried.counts),
    }
    return squash(np.concatenate(columns[kind], 1))


def caught(packages: dict[str, Tried], kind: str, seed: int) -> list[float]:
    """Returns the share of what flips could save in left-out packages, for each of LEAST."""
    got, all_ = np.zeros(len(LEAST)), 0.0
    for out, test in packages.items():
        train = [tried for name, tried in packages.items() if name != out]
        learner = ydf.GradientBoostedTreesLearner(
            label="gain", task=ydf.Task.REGRESSION, num_trees=150, max_depth=6, shrinkage=0.06,
            min_examples=20, subsample=0.8, num_candidate_attributes_ratio=0.5,
            validation_ratio=0.0, random_seed=seed,
        )  # fmt: skip
        gains = np.clip(np.concatenate([tried.gains for tried in train]), -CLIP, CLIP)
        x = np.concatenate([inputs(tried, kind) for tried in train])
        model = learner.train({"x": x, "gain": gains})
        expected = model.predict({"x": inputs(test, kind)})
        got += [test.gains[expected > least].sum() for least in LEAST]
        all_ += float(np.maximum(test.gains, 0).sum())
    return [float(value) for value in got / all_]


@click.command()
@click.option("--packages", default=PACKAGES, show_default=True)
@click.option("--modules", default=16, show_default=True, help="Of each package at most.")
@click.option("--compiles", default=16, show_default=True, help="To search a module.")
@click.option("--seeds", default=2, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), default=Path("build/bench/ir2vec"))
def main(packages: str, modules: int, compiles: int, seeds: int, output: Path) -> None:
    """Prints how much each kind of features catches, as Markdown."""
    ydf.verbose(0)
    output.mkdir(parents=True, exist_ok=True)
    embedder = unit_vocabulary(find_toolchain(22), output / "vocabulary.json")
    found = {}
    for name in packages.split(","):
        found[name] = examples(name, modules, compiles, output, embedder)
        click.echo(f"{name}: {len(found[name].gains)} calls", err=True)
    print("| features | " + " | ".join(f"at least {n} bytes" for n in LEAST) + " |")
    print("|---" * (1 + len(LEAST)) + "|")
    for kind in ("LLVM's features", "ours", "ours and the counts", "the counts"):
        for seed in range(1, seeds + 1):
            shares = " | ".join(f"{share:.1%}" for share in caught(found, kind, seed))
            print(f"| {kind} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
