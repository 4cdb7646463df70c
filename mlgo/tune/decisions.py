"""Decisions as text, in the plugin's format (mlgo/plugin/Decisions.h)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from mlgo.atomic import write_text
from mlgo.errors import UserError

MAGIC = "mlgo-decisions-1"
# Scores are written with six digits: below this it is not known what the policy would have done.
_UNSURE = 2e-6


class Key(NamedTuple):
    """Names a decision: the ordinal-th time that a compile asks about a call.

    Attributes:
        caller, callee: mangled names.
        ordinal: from 0.
    """

    caller: str
    callee: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one call.

    Attributes:
        key: which call.
        inline: what was done.
        logit: the policy's score of inlining; it inlines above 0.
    """

    key: Key
    inline: bool
    logit: float

    @property
    def follows(self) -> bool:
        """Whether the policy, asked alone, surely does the same."""
        return abs(self.logit) > _UNSURE and self.inline == (self.logit > 0)

    def flipped(self) -> Decision:
        """Returns the other decision."""
        return replace(self, inline=not self.inline)


def by_caller(decisions: Iterable[Decision]) -> dict[str, list[Decision]]:
    """Groups decisions by the function that calls; their order stays."""
    found: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        found[decision.key.caller].append(decision)
    return found


def differences(decisions: Iterable[Decision]) -> list[Decision]:
    """Returns the decisions that the policy would not have taken.

    Leaving out the others changes nothing: up to its first decision the compile is the same, so
    the policy is asked the same question and gives the recorded answer, and so on.
    """
    return [decision for decision in decisions if not decision.follows]


def read_record(path: Path) -> tuple[str, list[Decision]]:
    """Reads what the plugin recorded: the module's name ("" if it decided nothing), the decisions.

    Raises:
        UserError: the file is malformed.
    """
    if not path.exists():
        return "", []
    name, decisions = "", []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        if lines[0] != MAGIC:
            raise ValueError(f"its first line is not {MAGIC}")
        for line in lines[1:]:
            fields = line.split("\t")
            if fields[0] == "module":
                name = fields[1]
                continue
            key = Key(fields[1], fields[2], int(fields[3]))
            decisions.append(
                Decision(key, {"inline": True, "keep": False}[fields[0]], float(fields[4]))
            )
    except (ValueError, IndexError, KeyError) as error:
        raise UserError(f"{path} is no record of decisions: {error}") from error
    return name, decisions


def lines_of(decisions: Iterable[Decision]) -> list[str]:
    """Returns a line for each decision."""
    return [
        "\t".join(
            ("inline" if d.inline else "keep", d.key.caller, d.key.callee, str(d.key.ordinal))
        )
        for d in decisions
    ]


def write_decisions(path: Path, modules: Mapping[str, Sequence[Decision]]) -> None:
    """Writes a list of decisions, sorted by module, so that lists can be compared.

    Args:
        path: the file; whole or untouched.
        modules: module name, as the plugin matches it, -> decisions in the order of the compile.
            The name "" stands for every module.
    """
    lines = [MAGIC]
    for name in sorted(modules):
        if not modules[name]:
            continue
        lines += [f"module\t{name}"] if name else []
        lines += lines_of(modules[name])
    write_text(path, "\n".join(lines) + "\n")


def portable_name(name: str) -> str:
    """Returns a module's name as it matches from any build folder: without leading `../`."""
    while name.startswith(("../", "./")):
        name = name.partition("/")[2]
    return name
