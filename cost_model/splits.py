"""Which kernels are learned from, which choose the model, and which judge it."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import gin

from cost_model.kernel import Kernel
from mlgo.atomic import write_text
from mlgo.errors import UserError

# The published set has a folder for each part.
_FOLDERS = {"train": "train", "valid": "validation", "validation": "validation", "test": "test"}


@dataclass(frozen=True)
class Split:
    """Kernels' names, by what they are for."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    def part(self, name: str, kernels: Sequence[Kernel]) -> list[Kernel]:
        """The kernels of "train", "validation" or "test", in the order of `kernels`."""
        wanted = set(getattr(self, name))
        return [kernel for kernel in kernels if kernel.name in wanted]

    def save(self, path: Path) -> None:
        """Writes the split as JSON."""
        write_text(path, json.dumps(asdict(self), indent=1) + "\n")


def load_split(path: Path) -> Split:
    """Reads a split.

    Raises:
        UserError: the file is missing or malformed.
    """
    try:
        value = json.loads(path.read_text())
        return Split(*(tuple(value[part]) for part in ("train", "validation", "test")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no split of kernels: {error}") from error


@gin.configurable
@dataclass(frozen=True)
class SplitConfig:
    """How kernels are split.

    Attributes:
        by: "folder": the published set's folders train, valid and test; "family": whole model
            families, so that test kernels come from models never seen (the paper's manual
            split); "kernel": at random.
        validation: the validation families; drawn if empty.
        test: the test families; drawn if empty.
        share: of the kernels, for each of validation and test, when they are drawn.
        seed: of the draw.
    """

    by: Literal["folder", "family", "kernel"] = "family"
    validation: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    share: float = 0.15
    seed: int = 0


def make_split(config: SplitConfig, kernels: Sequence[Kernel]) -> Split:
    """Splits kernels.

    Raises:
        UserError: a part would be empty, or a family does not exist.
    """
    if config.by == "folder":
        split = _by_folder(kernels)
    elif config.by == "family":
        split = _by_family(config, kernels)
    elif config.by == "kernel":
        split = _at_random(config, [kernel.name for kernel in kernels])
    else:
        raise UserError(f"no split by {config.by!r}", hint="there are: folder, family, kernel")
    for part in ("train", "validation", "test"):
        if not getattr(split, part):
            hint = "split in another way: --set \"SplitConfig.by = 'kernel'\""
            raise UserError(f"no kernels would be left for {part}", hint)
    return split


def _by_folder(kernels: Sequence[Kernel]) -> Split:
    parts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for kernel in kernels:
        folders = kernel.name.split("/")[:-1]
        found = [_FOLDERS[folder] for folder in folders if folder in _FOLDERS]
        if found:
            parts[found[0]].append(kernel.name)
    return Split(*(tuple(parts[part]) for part in ("train", "validation", "test")))


def _by_family(config: SplitConfig, kernels: Sequence[Kernel]) -> Split:
    families: dict[str, list[str]] = {}
    for kernel in kernels:
        families.setdefault(kernel.family, []).append(kernel.name)
    wanted = config.share * len(kernels)
    for family in (*config.validation, *config.test):
        if family not in families:
            known = ", ".join(sorted(families))
            raise UserError(f"no kernels of the family {family!r}", hint=f"there are: {known}")
    test = config.test or _draw_families(families, config.validation, wanted, config.seed)
    validation = config.validation or _draw_families(families, test, wanted, config.seed)
    chosen = {**dict.fromkeys(validation, "validation"), **dict.fromkeys(test, "test")}
    parts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for family, names in families.items():
        parts[chosen.get(family, "train")] += names
    return Split(*(tuple(sorted(parts[part])) for part in ("train", "validation", "test")))


def _draw_families(
    families: dict[str, list[str]], taken: tuple[str, ...], wanted: float, seed: int
) -> tuple[str, ...]:
    """Families in the order of a hash, until there are enough kernels."""

    def draw(family: str) -> str:
        return hashlib.sha256(f"{seed} {family}".encode()).hexdigest()

    chosen: list[str] = []
    count = 0
    for family in sorted(set(families) - set(taken), key=draw):
        if count >= wanted:
            break
        chosen.append(family)
        count += len(families[family])
    return tuple(chosen)


def _at_random(config: SplitConfig, names: Sequence[str]) -> Split:
    order = sorted(names)
    random.Random(config.seed).shuffle(order)
    held = round(config.share * len(order))
    test, validation, train = order[:held], order[held : 2 * held], order[2 * held :]
    return Split(tuple(sorted(train)), tuple(sorted(validation)), tuple(sorted(test)))
