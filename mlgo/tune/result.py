"""What tuning found; plain data, written as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What the decision file holds: what the search found; nothing, so the policy's own decisions; or
# stock's decisions, since all else was bigger.
Kept = Literal["tuned", "policy", "stock"]


@dataclass(frozen=True)
class ModuleTuning:
    """One module, or one link with full LTO.

    Attributes:
        name: the module's, or the product's.
        weighted_before, weighted_after: bytes as they count in the linked program, where the
            search began (the smaller of stock and policy) and where it ended.
        compiles: spent.
        decisions: that differ from the policy's.
        functions: whose code generation leaves out other parts than the policy does.
    """

    name: str
    weighted_before: float
    weighted_after: float
    compiles: int
    decisions: int
    functions: int


@dataclass(frozen=True)
class ProgramTuning:
    """One program.

    Attributes:
        name: in the corpus, or of the user's build.
        stock, policy, tuned: bytes of .text of all linked products. `tuned` is what the decision
            file gives; never above `stock`.
        searched: what the search alone gave, before the comparison with the others.
        kept: what the decision file holds.
        replayed: modules whose object is, byte for byte, the same from the decision file as from
            the full list of decisions; all of them, or the run fails.
        modules: what was searched.
        decisions: path of the decision file (with LTO, of the folder with one for each product).
        lto: with full LTO.
    """

    name: str
    stock: int
    policy: int
    tuned: int
    searched: int
    kept: Kept
    replayed: int
    modules: tuple[ModuleTuning, ...]
    decisions: str
    lto: bool


@dataclass(frozen=True)
class Tuning:
    """A whole run.

    Attributes:
        command: that repeats it.
        llvm_version: e.g. "22.1.8".
        plugin_sha256: of the plugin.
        prior: the policy that the search began with.
        budget: compiles a module.
        programs: the results.
    """

    command: tuple[str, ...]
    llvm_version: str
    plugin_sha256: str
    prior: str
    budget: int
    programs: tuple[ProgramTuning, ...]
