"""What clang gets so that a policy allocates registers, or inlines, through the plugin."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from mlgo.policy import Policy
from mlgo.workloads.optimise import Extra

AllocationKind = Literal["learned", "file", "random", "default", "off"]


def allocation(
    plugin: Path,
    kind: AllocationKind,
    *,
    weights: Path | None = None,
    seed: int = 0,
    priority: AllocationKind | None = None,
    priority_weights: Path | None = None,
    trials: int | None = None,
    scores: Path | None = None,
    choices: Path | None = None,
    log: Path | None = None,
) -> Extra:
    """Returns what code generation gets for a policy of register allocation.

    Args:
        plugin: the pass plugin.
        kind: of evictions; "learned" (the model in the plugin), "file" (`weights`), "random" (any
            legal choice), "default" (LLVM's own, the control) or "off" (LLVM alone).
        weights: of "file".
        seed: of "random".
        priority: of the order of allocation, likewise; None leaves it to the plugin.
        priority_weights: of its "file".
        trials: allocations to try for a program with a profile; 0 lets the policy alone decide,
            None leaves it to the plugin.
        scores: the file to which each function's `calculateRegAllocScore` is written.
        choices: the file of evictions that override the policy's.
        log: the file to which every question and answer is written.
    """
    env = {"MLGO_POLICY": "off", "MLGO_REGALLOC": kind, "MLGO_REGALLOC_SEED": str(seed)}
    if priority:
        env["MLGO_REGALLOC_PRIORITY"] = priority
    if trials is not None:
        env["MLGO_REGALLOC_TRIALS"] = str(trials)
    files = {"WEIGHTS": weights, "SCORES": scores, "CHOICES": choices, "LOG": log}
    files["PRIORITY_WEIGHTS"] = priority_weights
    for name, path in files.items():
        if path:
            env[f"MLGO_REGALLOC_{name}"] = str(path)
    return Extra((f"-fpass-plugin={plugin}",), env)


def inlining(plugin: Path) -> Extra:
    """Returns what optimisation gets for the inlining policy that is embedded in a plugin."""
    policy = Policy("learned")
    identity = hashlib.sha256(plugin.read_bytes()).hexdigest()
    return Extra(tuple(policy.arguments(plugin)), policy.environment(), identity)
