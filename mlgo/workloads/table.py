"""The table of workloads (workloads.toml): what is run, on which inputs."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any

from mlgo.errors import UserError


@dataclass(frozen=True)
class Input:
    """One input of a workload, see `mlgo.workloads.inputs`; or a script's arguments.

    Attributes:
        kind: of the generator; "" when the command makes its own work from size and seed.
        size: about how many bytes, or what the command takes it for.
        seed: of all that is random in it.
    """

    kind: str
    size: int
    seed: int


@dataclass(frozen=True)
class Workload:
    """One run of a program.

    In the command, {program}, {input}, {size}, {seed}, {folder} (of our drivers and scripts) and
    {work} (an empty folder) are replaced.

    Attributes:
        name: unique in the program.
        command: what is run and counted.
        train: what profiles are made of (PGO's training input).
        measure: what is counted; another seed, another size.
        prepare: run before, not counted, on {raw}; its standard output becomes {input}.
    """

    name: str
    command: tuple[str, ...]
    train: Input
    measure: Input
    prepare: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProgramWorkloads:
    """The executable that runs a program's workloads, and those.

    Attributes:
        program: in the corpus.
        product: the link that is made into the executable; a shared library's modules are
            linked into it like a static one's.
        main: our source with a main function, in place of the product's own; in `drivers`.
        extra: our source, linked beside the product's own modules; in `drivers`.
        removed: module name -> functions that are taken out of it, and are in `extra`.
        needs: Debian packages of headers for `main`.
        includes: folders of those headers, beside /usr/include.
        workloads: to run.
    """

    program: str
    product: str
    workloads: tuple[Workload, ...]
    main: str = ""
    extra: str = ""
    removed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    needs: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()


def find_workloads(program: str) -> ProgramWorkloads:
    """Returns a program's workloads.

    Raises:
        UserError: it has none.
    """
    table = workloads()
    if program not in table:
        hint = f"programs with workloads: {', '.join(table)}"
        raise UserError(f"{program} has no workloads", hint=hint)
    return table[program]


@functools.cache
def workloads() -> Mapping[str, ProgramWorkloads]:
    """Returns the table, sorted by program."""
    text = resources.files("mlgo.workloads").joinpath("workloads.toml").read_text()
    raw = tomllib.loads(text)
    return {name: _from_table(name, raw[name]) for name in sorted(raw)}


def _from_table(name: str, table: dict[str, Any]) -> ProgramWorkloads:
    unknown = set(table) - {field.name for field in fields(ProgramWorkloads)}
    if unknown:
        raise ValueError(f"workloads.toml, {name}: unknown keys {sorted(unknown)}")
    runs = tuple(_workload(run, raw) for run, raw in table.pop("workloads").items())
    removed = tuple((m, tuple(functions)) for m, functions in table.pop("removed", {}).items())
    needs, includes = tuple(table.pop("needs", ())), tuple(table.pop("includes", ()))
    return ProgramWorkloads(
        program=name,
        workloads=runs,
        removed=removed,
        needs=needs,
        includes=includes,
        **table,
    )


def _workload(name: str, raw: dict[str, Any]) -> Workload:
    kind = raw.get("input", "")
    train, measure = (
        Input(raw.get(f"{which}_input", kind), raw[which], seed)
        for which, seed in (("train", 1), ("measure", 2))
    )
    return Workload(name, tuple(raw["command"]), train, measure, tuple(raw.get("prepare", ())))
