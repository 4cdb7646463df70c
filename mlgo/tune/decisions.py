"""Decisions as text, in the plugin's format (mlgo/plugin/Decisions.h)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from mlgo.atomic import write_text
from mlgo.errors import UserError
from mlgo.passes.log import read_passes_log
from mlgo.passes.weights import PASSES

MAGIC = "mlgo-decisions-1"
#: What the plugin can leave out of code generation (mlgo/plugin/PassGate.cc).
PARTS: Final = (*PASSES, "machine_scheduler", "size_order")
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

    @property
    def line(self) -> str:
        """In a list of decisions."""
        verb = "inline" if self.inline else "keep"
        return "\t".join((verb, self.key.caller, self.key.callee, str(self.key.ordinal)))


@dataclass(frozen=True, slots=True)
class Skip:
    """What code generation leaves out for one function, and that it is all.

    Attributes:
        function: mangled name.
        parts: some of `PARTS`.
    """

    function: str
    parts: frozenset[str]

    @property
    def line(self) -> str:
        """In a list of decisions."""
        return "\t".join(("skip", self.function, ",".join(sorted(self.parts)) or "-"))


#: What a list of decisions has a line for.
Listed = Decision | Skip


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


def read_skips(path: Path) -> tuple[str, list[Skip]]:
    """Reads the plugin's log of what was left out: the module's name, and for each function.

    The name is "" if there was no choice.

    Raises:
        UserError: the file is malformed.
    """
    rows = read_passes_log(path, lambda row: (row["module"], _skip(row)))
    return rows[0][0] if rows else "", [skip for _, skip in rows]


def _skip(row: dict[str, Any]) -> Skip:
    return Skip(row["function"], frozenset(part for part in PARTS if row[part]))


def write_decisions(path: Path, modules: Mapping[str, Sequence[Listed]]) -> None:
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
        lines += [listed.line for listed in modules[name]]
    write_text(path, "\n".join(lines) + "\n")


def portable_name(name: str) -> str:
    """Returns a module's name as it matches from any build folder: without leading `../`."""
    while name.startswith(("../", "./")):
        name = name.partition("/")[2]
    return name
