"""The models that are linked into the compiler."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from pathlib import Path

from mlgo import __version__, models
from mlgo.errors import UserError
from mlgo.process import check, run
from mlgo.toolchain import Toolchain

#: A card's "problem" -> LLVM's name for it (llvm/Analysis/EmbeddedModel.h).
PROBLEMS = {
    "inlining": "inliner",
    "regalloc": "regalloc-evict",
    "regalloc-priority": "regalloc-priority",
}


@dataclass(frozen=True)
class EmbeddedModel:
    """A model to embed.

    Attributes:
        problem: LLVM's name for what it decides, one of PROBLEMS' values.
        version: what the compiler reports as its version.
        object: made by `mlgo export`.
    """

    problem: str
    version: str
    object: Path


def shipped() -> list[EmbeddedModel]:
    """The shipped policies, for this machine."""
    found = []
    for name in models.names():
        card = json.loads((models.folder(name) / "card.json").read_text())
        path = models.object_file(name, platform.machine())
        if card["problem"] in PROBLEMS and path.exists():
            found.append(EmbeddedModel(PROBLEMS[card["problem"]], __version__, path))
    return found


def parse(text: str) -> EmbeddedModel:
    """Reads `PROBLEM:OBJECT`.

    Raises:
        UserError: no such problem or file.
    """
    problem, _, path = text.partition(":")
    if problem not in PROBLEMS.values():
        known = ", ".join(PROBLEMS.values())
        raise UserError(f"{text!r} names no problem", hint=f"write PROBLEM:OBJECT, with {known}")
    if not Path(path).is_file():
        raise UserError(f"there is no object file {path!r}", hint="make one: mlgo export")
    return EmbeddedModel(problem, __version__, Path(path))


def write_folder(embedded: list[EmbeddedModel], folder: Path, toolchain: Toolchain) -> list[Path]:
    """Writes what the patched LLVM takes as LLVM_EMBEDDED_MODELS_DIR; returns the objects.

    Each object gets a symbol of its own, so that two models may come from the same exporter.

    Raises:
        UserError: an object defines no model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines, objects = [], []
    for index, model in enumerate(embedded):
        symbol, output = f"llvm_embedded_model_{index}", folder / f"model{index}.o"
        rename = f"--redefine-sym={_symbol_of(model.object, toolchain)}={symbol}"
        argv: list[str | Path] = [toolchain.tool("llvm-objcopy"), rename, model.object, output]
        check(run(argv), f"renaming the symbol of {model.object}")
        lines.append(f'EMBEDDED_MODEL("{model.problem}", "{model.version}", {symbol})\n')
        objects.append(output)
    (folder / "EmbeddedModels.def").write_text("".join(lines))
    return objects


def _symbol_of(path: Path, toolchain: Toolchain) -> str:
    flags = ("--extern-only", "--defined-only", "--just-symbol-name")
    argv: list[str | Path] = [toolchain.tool("llvm-nm"), *flags, path]
    symbols = check(run(argv), f"reading {path}").log.split()
    if len(symbols) != 1 or not symbols[0].startswith("mlgo_"):
        raise UserError(f"{path} is no model: it must define one symbol", hint="mlgo export")
    return symbols[0]
