"""Why a policy did what it did: which features moved it, and which decisions saved or cost bytes.

A decision's bytes are measured, not modelled: it is flipped back to LLVM's default in a compile
that is otherwise the same (the plugin forks at it, see mlgo/plugin/Explorer.h), and the sizes of
all functions are compared, with the weight that they have in the linked program.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlgo.corpus.program import Module, Program
from mlgo.errors import UserError
from mlgo.evaluate.explanation import Effect, Explanation, Feature
from mlgo.inlining.reward import LinkedWeights
from mlgo.inlining.weights import Weights
from mlgo.parallel import parallel_map
from mlgo.policy import Policy
from mlgo.process import check, run
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.explore import Sizes
from mlgo.rollout.log import Trajectory, read_log
from mlgo.tune.decisions import Decision, read_record

_SHOWN = 10
# clang names the place within the message, because there is no source to quote from.
_REMARK = re.compile(
    r"^remark: (?:(?!<unknown>)(.+:\d+:\d+): |<unknown>:0:0: )?"
    r"(?:inline|keep the call of) .*\[-Rpass=mlgo-inline\]$"
)


@dataclass(frozen=True)
class _Explored:
    program: str
    module: str
    trajectory: Trajectory
    decisions: list[Decision]
    lines: list[str]
    sizes: Sizes
    changes: dict[int, Sizes]


def explain(
    compiler: PluginCompiler,
    programs: list[tuple[Path, Program]],
    policy: Policy,
    weights: Weights,
    *,
    limit: int = 200,
    jobs: int = 1,
    tick: Callable[[str, str], None] = lambda program, module: None,
) -> Explanation:
    """Explains a policy by what it does to programs.

    Args:
        compiler: LLVM 22 and the plugin.
        programs: folder and manifest of each.
        policy: what to explain.
        weights: of the model that the policy follows.
        limit: decisions to flip back in a module at most, the surest first.
        jobs: compiles at a time.
        tick: called with program and module after each module.

    Raises:
        UserError: a module does not compile.
    """
    explored: list[_Explored] = []
    effects: list[Effect] = []
    for folder, program in programs:

        def one(module: Module, folder: Path = folder, program: Program = program) -> _Explored:
            found = _explore(compiler, folder, program.name, module, policy, limit)
            tick(program.name, module.name)
            return found

        found = parallel_map(one, program.modules, jobs)
        worth = LinkedWeights(item.sizes for item in found)
        effects += [effect for item in found for effect in _effects(item, worth)]
        explored += found
    ranked = sorted(effects, key=lambda e: (e.change, e.program, e.module, e.caller, e.callee))
    saved = [effect for effect in ranked if effect.change < 0][:_SHOWN]
    cost = [effect for effect in reversed(ranked) if effect.change > 0][:_SHOWN]
    return Explanation(
        policy=policy.kind,
        decisions=sum(len(item.trajectory) for item in explored),
        overruled=sum(len(_overruled(item.trajectory)) for item in explored),
        measured=len(effects),
        features=_features(explored, weights),
        saved=tuple(_demangled(compiler, saved)),
        cost=tuple(_demangled(compiler, cost)),
        lines=any(line for item in explored for line in item.lines),
    )


def _explore(
    compiler: PluginCompiler, folder: Path, program: str, module: Module, policy: Policy, limit: int
) -> _Explored:
    with tempfile.TemporaryDirectory(prefix="mlgo-explain-") as name:
        log, record, sizes = (Path(name) / file for file in ("log", "record", "sizes"))
        first = dataclasses.replace(policy, log=log, record=record)
        remarks = compiler.compile(folder, module, first, arguments=("-Rpass=mlgo-inline",)).log
        trajectory = read_log(log) if log.exists() else Trajectory(np.empty(0, np.dtype([])), ())
        chosen = _surest(trajectory, limit)
        flips = {"MLGO_EXPLORE": ",".join(map(str, chosen)), "MLGO_SIZES": str(sizes)}
        compiler.compile(folder, module, policy, env=flips)
        main, *others = (json.loads(line) for line in sizes.read_text().splitlines())
        matches = [_REMARK.match(line) for line in remarks.splitlines()]
        lines = [os.path.normpath(found[1]) if found[1] else "" for found in matches if found]
        decisions = read_record(record)[1]
        if len(lines) != len(decisions):
            raise UserError(f"{module.name}: remarks and decisions differ in number", exit_code=1)
        changes = {other["flip"]: other["sizes"] for other in others}
        return _Explored(program, module.name, trajectory, decisions, lines, main["sizes"], changes)


def _overruled(trajectory: Trajectory) -> list[int]:
    if not len(trajectory):
        return []
    rows = trajectory.rows
    differs = rows["inlining_decision"].reshape(-1) != rows["inlining_default"].reshape(-1)
    return [int(index) for index in np.flatnonzero(differs)]


def _surest(trajectory: Trajectory, limit: int) -> list[int]:
    indices = _overruled(trajectory)
    sure = {index: abs(float(trajectory.rows["logit"][index].item())) for index in indices}
    return sorted(sorted(indices, key=lambda index: (-sure[index], index))[:limit])


def _effects(item: _Explored, worth: LinkedWeights) -> list[Effect]:
    found = []
    for index, changed in sorted(item.changes.items()):
        decision = item.decisions[index]
        found.append(
            Effect(
                program=item.program,
                module=item.module,
                caller=decision.key.caller,
                callee=decision.key.callee,
                line=item.lines[index],
                inlined=decision.inline,
                score=decision.logit,
                change=round(-worth.change(item.sizes, changed), 3),
            )
        )
    return found


def _features(explored: list[_Explored], weights: Weights) -> tuple[Feature, ...]:
    """Permutation importance (Breiman, 2001) of the score."""
    filled = [item.trajectory for item in explored if len(item.trajectory)]
    if not filled:
        return ()
    x = np.concatenate([trajectory.matrix(weights.features) for trajectory in filled])
    offsets = np.cumsum([0, *(len(trajectory) for trajectory in filled)])
    pairs = zip(offsets, filled, strict=False)
    overruled = [int(o) + index for o, trajectory in pairs for index in _overruled(trajectory)]
    logits, rng, found = weights.logits(x), np.random.default_rng(0), []
    for column, name in enumerate(weights.features):
        shuffled = x.copy()
        shuffled[:, column] = rng.permutation(x[:, column])
        moved = np.abs(weights.logits(shuffled) - logits)
        there = float(moved[overruled].mean()) if overruled else 0.0
        found.append(Feature(name, round(there, 6), round(float(moved.mean()), 6)))
    return tuple(sorted(found, key=lambda f: (-f.overruled, -f.everywhere, f.name)))


def _demangled(compiler: PluginCompiler, effects: list[Effect]) -> list[Effect]:
    if not effects:
        return []
    names = [name for effect in effects for name in (effect.caller, effect.callee)]
    done = check(run([compiler.toolchain.tool("llvm-cxxfilt"), *names]), "demangling")
    plain = done.log.splitlines()
    if len(plain) != len(names):
        raise UserError("llvm-cxxfilt lost a name", exit_code=1)
    return [
        dataclasses.replace(effect, caller=plain[2 * i], callee=plain[2 * i + 1])
        for i, effect in enumerate(effects)
    ]
