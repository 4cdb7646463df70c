"""An explanation of a policy, and its JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

FORMAT = 1


@dataclass(frozen=True)
class Feature:
    """How much one feature moves the policy.

    Attributes:
        name: the feature's.
        overruled: mean change of the score's size, in log-odds, at the decisions where the policy
            overrules LLVM, when the feature is shuffled among all decisions.
        everywhere: the same over all decisions.
    """

    name: str
    overruled: float
    everywhere: float


@dataclass(frozen=True)
class Effect:
    """What overruling LLVM at one call did.

    Attributes:
        program, module: where.
        caller, callee: demangled.
        line: source position; "" without debug information.
        inlined: what the policy did; LLVM would have done the opposite.
        score: the policy's log-odds of inlining.
        change: weighted bytes; negative saved.
    """

    program: str
    module: str
    caller: str
    callee: str
    line: str
    inlined: bool
    score: float
    change: float


@dataclass(frozen=True)
class Explanation:
    """A whole explanation.

    Attributes:
        policy: its kind, see mlgo.policy.
        decisions: asked in all.
        overruled: where the policy did not do as LLVM would.
        measured: of those, how many were flipped back and measured.
        features: most moving first.
        saved, cost: the decisions that saved and cost most.
        lines: whether any module has debug information.
    """

    policy: str
    decisions: int
    overruled: int
    measured: int
    features: tuple[Feature, ...]
    saved: tuple[Effect, ...]
    cost: tuple[Effect, ...]
    lines: bool


def to_json(explanation: Explanation) -> str:
    """Returns an explanation as JSON; `explain.schema.json` is the schema."""
    document = {"format": FORMAT, "problem": "inlining-explain", **dataclasses.asdict(explanation)}
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n"
