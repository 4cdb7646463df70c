"""Tunes one program: baselines, a search per module, the check that nothing became bigger."""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlgo.atomic import write_text
from mlgo.corpus.build import compile_module, link_program, text_size
from mlgo.corpus.program import Link, Module, Program
from mlgo.errors import UserError
from mlgo.parallel import parallel_map
from mlgo.policy import Policy
from mlgo.rollout.compiler import PluginCompiler
from mlgo.tune.code import best_skips, search_all
from mlgo.tune.decisions import Listed, differences, portable_name, write_decisions
from mlgo.tune.module import ModuleTarget
from mlgo.tune.result import Kept, ModuleTuning, ProgramTuning
from mlgo.tune.search import Outcome, start
from mlgo.tune.state import Params, State
from mlgo.tune.store import load_state, save_state
from mlgo.tune.worth import Worth, read_map

# The prior once; stock's decisions twice: to learn them, and to hear what the prior thinks of them.
BASELINE_COMPILES = 3

Lists = Mapping[str, Sequence[Listed]]


@dataclass(frozen=True)
class _Baseline:
    """What the program is without tuning.

    Attributes:
        stock, policy: linked bytes.
        sources: module name -> its source as the plugin matches it; "" if it decides nothing.
        worth: of its functions.
    """

    stock: int
    policy: int
    sources: dict[str, str]
    worth: Worth


@dataclass(frozen=True)
class Tuner:
    """Everything that tuning a program takes.

    Attributes:
        compiler: LLVM 22 and the plugin.
        folder: the program's, with its bitcode.
        program: what to tune.
        work: the folder for state and results; a run that was stopped goes on from it.
        prior: the policy that decides what the list does not.
        budget: compiles a module.
        jobs: compiles at a time.
        params: of the search.
        tick: called with the compiles spent on a module so far.
    """

    compiler: PluginCompiler
    folder: Path
    program: Program
    work: Path
    prior: Policy
    budget: int
    jobs: int
    params: Params
    tick: Callable[[str, int], None]

    @property
    def decisions(self) -> Path:
        """The decision file."""
        return self.work / "decisions.tsv"

    def run(self) -> ProgramTuning:
        """Searches, checks, and writes the decision file.

        Raises:
            UserError: a module does not compile, a product does not link, or a replay differs.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        baseline = self._baseline()
        searched = self._searched(baseline)
        try:
            parallel_map(lambda m: self._search(m, baseline.worth), searched, self.jobs)
        except KeyboardInterrupt:
            write_decisions(self.decisions, self._lists(baseline, self._states(searched)))
            raise
        return self._finish(baseline, self._states(searched))

    def _target(self, module: Module, worth: Worth) -> ModuleTarget:
        return ModuleTarget(self.compiler, self.folder, module, self.prior, worth)

    def _baseline(self) -> _Baseline:
        """Measures stock and the policy; kept in the work folder."""
        file = self.work / "baseline.json"
        if not file.exists():
            links = [self._built(Policy("stock"), maps=True), self._built(self.prior, maps=True)]
            sizes = [size for size, _ in links]
            maps = [sorted(kept) for _, found in links for kept in found]
            modules = parallel_map(self._outcomes, self.program.modules, self.jobs)
            raw = {"linked": sizes, "maps": maps, "modules": modules}
            write_text(file, json.dumps(raw, sort_keys=True))
        return self._read_baseline(json.loads(file.read_text()))

    def _read_baseline(self, raw: dict[str, Any]) -> _Baseline:
        names = (module.name for module in self.program.modules)
        modules = dict(zip(names, raw["modules"], strict=True))
        maps = [frozenset((module, function) for module, function in kept) for kept in raw["maps"]]
        half = len(maps) // 2  # a function counts in a product if stock or the policy keeps it
        merged = [stock | policy for stock, policy in zip(maps[:half], maps[half:], strict=True)]
        sizes = {name: module["sizes"] for name, module in modules.items()}
        worth = Worth(sizes, merged, [members(link) for link in self.program.links])
        sources = {name: module["source"] for name, module in modules.items()}
        stock, policy = raw["linked"]
        return _Baseline(stock, policy, sources, worth)

    def _outcomes(self, module: Module) -> dict[str, object]:
        """Compiles as the prior and as stock; the outcomes are where a search begins."""
        target = self._target(module, Worth({}, [], []))
        outcomes = [target.compile_as(self.prior.kind), target.compile_as("default")]
        for index, outcome in enumerate(outcomes):
            save_state(self._file(module, f".{index}"), _as_state(outcome))
        return {"sizes": outcomes[1].sizes, "source": portable_name(outcomes[1].source)}

    def _file(self, module: Module, suffix: str = "") -> Path:
        return self.work / "state" / f"{module.name.replace('/', '_')}{suffix}.json"

    def _searched(self, baseline: _Baseline) -> list[Module]:
        """The modules to search: of those with one source, which share decisions, the first."""
        by_source = {baseline.sources[m.name]: m for m in reversed(self.program.modules)}
        return [m for m in self.program.modules if by_source[baseline.sources[m.name]] is m]

    def _search(self, module: Module, worth: Worth) -> None:
        target, file = self._target(module, worth), self._file(module)
        if file.exists():
            state = load_state(file)
        else:
            found = [load_state(self._file(module, f".{index}")) for index in (0, 1)]
            outcomes = [Outcome(state.base, state.sizes) for state in found]
            state = start(target, outcomes, BASELINE_COMPILES)

        def save(state: State) -> None:
            save_state(file, state)
            self.tick(module.name, state.spent)

        save(search_all(target, state, self.budget, self.params, save))
        self.tick(module.name, self.budget)

    def _states(self, searched: Sequence[Module]) -> dict[str, State]:
        files = {module.name: self._file(module) for module in searched}
        return {name: load_state(file) for name, file in files.items() if file.exists()}

    def _lists(self, baseline: _Baseline, states: Mapping[str, State]) -> Lists:
        return {baseline.sources[name]: short_list(s) for name, s in states.items()}

    def _stock_lists(self, baseline: _Baseline) -> Lists:
        found = {}
        for module in reversed(self.program.modules):
            state = load_state(self._file(module, ".1"))
            found[baseline.sources[module.name]] = differences(state.base)
        return found

    def _finish(self, baseline: _Baseline, states: dict[str, State]) -> ProgramTuning:
        """Links with what was found; whatever is smallest becomes the decision file."""
        tuned = self._lists(baseline, states)
        searched, replayed = self._replayed(baseline, tuned, states)
        kept: Kept
        lists: Lists
        size, kept, lists = searched, "tuned", tuned
        if size > baseline.policy:
            size, kept, lists = baseline.policy, "policy", {}
        if size > baseline.stock:
            kept, lists = "stock", self._stock_lists(baseline)
            size = self._linked_with(lists, self._plain)
        if size > baseline.stock:
            raise UserError(
                f"{self.program.name}: stock's own decisions gave {size} bytes, "
                f"not {baseline.stock}",
                hint="please report this; build without the plugin",
                exit_code=1,
            )
        write_decisions(self.decisions, lists)
        modules = tuple(module_tuning(name, state) for name, state in sorted(states.items()))
        return ProgramTuning(
            self.program.name,
            baseline.stock,
            baseline.policy,
            size,
            searched,
            kept,
            replayed,
            modules,
            str(self.decisions),
            lto=False,
        )

    def _replayed(
        self, baseline: _Baseline, lists: Lists, states: Mapping[str, State]
    ) -> tuple[int, int]:
        """Links the tuned program; returns its bytes, and how many modules were replayed alike."""
        with tempfile.TemporaryDirectory(prefix="mlgo-tune-") as name:
            work = Path(name)
            size = self._linked_with(lists, self.prior, work)
            for module in self.program.modules:
                if module.name in states:
                    self._check_replay(module, states[module.name], work)
        return size, len(states)

    def _check_replay(self, module: Module, state: State, work: Path) -> None:
        """Compiles with the full list of decisions; the short list must give the same object."""
        full, output = work / "full.tsv", work / "full" / module.name
        write_decisions(full, {"": full_list(state)})
        policy = dataclasses.replace(self.prior, decisions=full)
        self._compile(module, policy, output)
        if output.read_bytes() != (work / "objects" / module.name).read_bytes():
            raise UserError(f"{module.name}: the decisions cannot be replayed", exit_code=1)

    @property
    def _plain(self) -> Policy:
        """The prior with LLVM's own code generation: what stock's decisions go with."""
        return dataclasses.replace(self.prior, only_inlining=True)

    def _linked_with(self, lists: Lists, prior: Policy, work: Path | None = None) -> int:
        with tempfile.TemporaryDirectory(prefix="mlgo-tune-") as name:
            file = Path(name) / "decisions.tsv"
            write_decisions(file, lists)
            policy = dataclasses.replace(prior, decisions=file)
            return self._built(policy, work=work or Path(name))[0]

    def _built(
        self, policy: Policy, *, maps: bool = False, work: Path | None = None
    ) -> tuple[int, list[frozenset[tuple[str, str]]]]:
        """Builds the program; returns its linked bytes, and what each linker map lists."""
        if work is None:
            with tempfile.TemporaryDirectory(prefix="mlgo-tune-") as name:
                return self._built(policy, maps=maps, work=Path(name))
        folder = work
        objects = folder / "objects"
        parallel_map(
            lambda m: self._compile(m, policy, objects / m.name), self.program.modules, self.jobs
        )
        size, found = 0, []
        for index, link in enumerate(self.program.links):
            listing = folder / f"{index}.map"
            product = link_program(
                self.compiler.toolchain,
                self.folder,
                link,
                objects,
                folder / str(index),
                arguments=(f"-Wl,-Map={listing}", "-Wl,--no-demangle") if maps else (),
            )
            size += text_size(product)
            shutil.rmtree(product.parent)
            if maps:
                found.append(read_map(listing, objects))
        return size, found

    def _compile(self, module: Module, policy: Policy, output: Path) -> None:
        plugin = None if policy.kind == "stock" else self.compiler.plugin
        compile_module(self.compiler.toolchain, self.folder, module, policy, plugin, output)


def full_list(state: State) -> list[Listed]:
    """Returns all decisions that a search found best."""
    return [*state.best, *best_skips(state)]


def short_list(state: State) -> list[Listed]:
    """Returns those that differ from the policy's."""
    return [*differences(state.best), *best_skips(state)]


def members(link: Link) -> frozenset[str]:
    """Returns the modules that a product is linked from."""
    return frozenset([*link.objects, *(name for _, names in link.archives for name in names)])


def _as_state(outcome: Outcome) -> State:
    return State(outcome.decisions, outcome.sizes, [], 0.0, 0.0, 0)


def module_tuning(name: str, state: State) -> ModuleTuning:
    """Returns what a search made of a module or a product."""
    sizes = state.first_size, state.best_size
    changed = len(differences(state.best)), len(best_skips(state))
    return ModuleTuning(name, *sizes, state.spent, *changed)
