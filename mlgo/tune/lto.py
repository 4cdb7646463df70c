"""Tunes the link of a full-LTO build: one merged module, searched by whole links.

The objects are compiled once, with the prior; lld then runs the same plugin over the merged
module, and a trial is a link. Sizes are those of the linked symbols, so nothing is estimated.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlgo.atomic import write_text
from mlgo.corpus.build import compile_module, link_program, text_size
from mlgo.corpus.program import Link
from mlgo.errors import UserError
from mlgo.parallel import parallel_map
from mlgo.policy import Policy
from mlgo.process import check, run
from mlgo.rollout.explore import Sizes
from mlgo.toolchain import Toolchain
from mlgo.tune.code import search_all
from mlgo.tune.decisions import Listed, write_decisions
from mlgo.tune.exchange import Exchange
from mlgo.tune.program import BASELINE_COMPILES, Tuner, full_list, module_tuning, short_list
from mlgo.tune.result import Kept, ProgramTuning
from mlgo.tune.search import Outcome, start
from mlgo.tune.state import State
from mlgo.tune.store import load_state, save_state

# What lld calls the merged module.
_MERGED = "ld-temp.o"


@dataclass(frozen=True)
class LinkTarget:
    """One product of a full-LTO build as the target of a search.

    Attributes:
        tuner: of the program.
        link: the product.
        objects: the folder of bitcode objects, compiled with the prior.
    """

    tuner: LtoTuner
    link: Link
    objects: Path

    def weight(self, function: str) -> float:
        """Returns 1: what is measured has been linked."""
        return 1.0

    def compile(self, decisions: Sequence[Listed]) -> Outcome:
        """Links with a list of decisions and measures every function.

        Raises:
            UserError: the link failed.
        """
        return self._link(self.tuner.prior, decisions)[0]

    def compile_stock(self) -> Outcome:
        """Links with LLVM's own decisions; `decisions` has the prior's scores."""
        return self.compile(self._link(Policy("default"), [])[0].decisions)

    def product(self, decisions: Sequence[Listed]) -> tuple[int, bytes]:
        """Returns the bytes of .text of the linked product, and the whole of it."""
        return self._link(self.tuner.prior, decisions)[1:]

    def _link(self, policy: Policy, decisions: Sequence[Listed]) -> tuple[Outcome, int, bytes]:
        with tempfile.TemporaryDirectory(prefix="mlgo-tune-") as name:
            files = Exchange(Path(name))
            policy = files.policy(policy, _MERGED, decisions)
            product = self.tuner.linked(self.link, self.objects, policy, Path(name))
            outcome = files.outcome(symbol_sizes(self.tuner.compiler.toolchain, product))
            return outcome, text_size(product), product.read_bytes()


def symbol_sizes(toolchain: Toolchain, product: Path) -> Sizes:
    """Returns function -> bytes of a linked product; names of local linkage: "static NAME".

    Raises:
        UserError: it cannot be read.
    """
    command: list[str | Path] = [toolchain.tool("llvm-nm"), "-S", "--defined-only", product]
    done = check(run(command), f"reading {product.name}")
    sizes: Sizes = {}
    for line in done.log.splitlines():
        fields = line.split(maxsplit=3)
        if len(fields) == 4 and fields[2] in "tTwW":
            label = f"static {fields[3]}" if fields[2] == "t" else fields[3]
            sizes[label] = sizes.get(label, 0) + int(fields[1], 16)
    return sizes


@dataclass(frozen=True)
class LtoTuner(Tuner):
    """As `Tuner`, for the full-LTO links of a program: a budget is a number of links."""

    @property
    def decisions(self) -> Path:
        """The decision file; the folder of them, when there are several products."""
        only = len(self.program.links) == 1
        return self.work / ("decisions.tsv" if only else "decisions")

    def file_of(self, link: Link) -> Path:
        """Returns a product's decision file."""
        return self.decisions if self.decisions.suffix else self.decisions / f"{link.output}.tsv"

    def linked(self, link: Link, objects: Path, policy: Policy, output: Path) -> Path:
        """Links a product with full LTO; returns its path."""
        arguments = ("-flto", *policy.link_arguments(self.compiler.plugin))
        toolchain, environment = self.compiler.toolchain, policy.environment()
        return link_program(
            toolchain,
            self.folder,
            link,
            objects,
            output,
            arguments=arguments,
            environment=environment,
        )

    def run(self) -> ProgramTuning:
        """Searches, checks, and writes a decision file for each product.

        Raises:
            UserError: a module does not compile, a product does not link, or a replay differs.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        stock, policy = self._sizes()
        with tempfile.TemporaryDirectory(prefix="mlgo-tune-") as name:
            objects = self._objects(self.prior, Path(name))
            targets = [LinkTarget(self, link, objects) for link in self.program.links]
            try:
                states = parallel_map(self._search_link, targets, self.jobs)
            except KeyboardInterrupt:
                for target in targets:
                    if (file := self._state_file(target.link)).exists():
                        self._write(target.link, short_list(load_state(file)))
                raise
            return self._choose(stock, policy, targets, states)

    def _sizes(self) -> tuple[int, int]:
        """Linked bytes of stock and of the policy; kept in the work folder."""
        file = self.work / "baseline.json"
        if not file.exists():
            sizes = [self._size(Policy("stock")), self._size(self.prior)]
            write_text(file, json.dumps(sizes))
        stock, policy = json.loads(file.read_text())
        return stock, policy

    def _size(self, policy: Policy) -> int:
        with tempfile.TemporaryDirectory(prefix="mlgo-tune-") as name:
            objects = self._objects(policy, Path(name) / "objects")
            links = self.program.links
            outputs = [Path(name) / str(index) for index in range(len(links))]
            pairs = zip(links, outputs, strict=True)
            return sum(text_size(self.linked(k, objects, policy, out)) for k, out in pairs)

    def _objects(self, policy: Policy, folder: Path) -> Path:
        plugin = None if policy.kind == "stock" else self.compiler.plugin
        toolchain = self.compiler.toolchain
        parallel_map(
            lambda m: compile_module(
                toolchain, self.folder, m, policy, plugin, folder / m.name, arguments=("-flto",)
            ),
            self.program.modules,
            self.jobs,
        )
        return folder

    def _state_file(self, link: Link) -> Path:
        return self.work / "state" / f"{link.output}.json"

    def _search_link(self, target: LinkTarget) -> State:
        file, name = self._state_file(target.link), target.link.output
        if file.exists():
            state = load_state(file)
        else:
            state = start(target, [target.compile([]), target.compile_stock()], BASELINE_COMPILES)

        def save(state: State) -> None:
            save_state(file, state)
            self.tick(name, state.spent)

        save(search_all(target, state, self.budget, self.params, save))
        self.tick(name, self.budget)
        return state

    def _choose(
        self, stock: int, policy: int, targets: list[LinkTarget], states: list[State]
    ) -> ProgramTuning:
        """Links once more from the short lists; the smallest of all becomes the result."""
        searched = 0
        for target, state in zip(targets, states, strict=True):
            size, product = target.product(short_list(state))
            if product != target.product(full_list(state))[1]:
                raise UserError(f"{target.link.output}: the decisions cannot be replayed")
            searched += size
        kept: Kept = "tuned" if searched <= min(policy, stock) else "policy"
        kept = kept if min(searched, policy) <= stock else "stock"
        for target, state in zip(targets, states, strict=True):
            self._write(target.link, short_list(state) if kept == "tuned" else [])
        modules = tuple(
            module_tuning(target.link.output, state)
            for target, state in zip(targets, states, strict=True)
        )
        return ProgramTuning(
            self.program.name,
            stock,
            policy,
            min(stock, policy, searched),
            searched,
            kept,
            len(states),
            modules,
            str(self.decisions),
            lto=True,
        )

    def _write(self, link: Link, decisions: Sequence[Listed]) -> None:
        file = self.file_of(link)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_decisions(file, {_MERGED: decisions})
