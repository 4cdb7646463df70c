"""How a package is built: from our table (packages.toml), or found out from its files."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from mlgo.errors import UserError

Split = Literal["train", "validation", "heldout", ""]
System = Literal["cmake", "configure", "meson", "make"]

# The file by which a build system is known; the first that is there wins.
_MARKERS: tuple[tuple[str, System], ...] = (
    ("CMakeLists.txt", "cmake"),
    ("meson.build", "meson"),
    ("configure", "configure"),
    ("configure.ac", "configure"),
    ("Makefile", "make"),
    ("makefile", "make"),
    ("GNUmakefile", "make"),
)


@dataclass(frozen=True)
class Suite:
    """How a package's own test suite is built and run.

    Attributes:
        command: runs the suite; exit code 0 means that it passed.
        configure: used instead of the recipe's.
        targets: what to build, instead of the recipe's.
        needs: Debian packages needed, beside the recipe's.
        directory: where the command runs, seen from the build folder.
        seconds: expected time on two cores, to choose what runs in CI.
    """

    command: tuple[str, ...]
    configure: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    directory: str = "."
    seconds: int = 60


@dataclass(frozen=True)
class Recipe:
    """How a package is built.

    In all arguments {cc}, {cxx}, {ar}, {jobs} and {source} are replaced.

    Attributes:
        name: of the Debian source package.
        version: pinned Debian version; empty if there is no pin.
        split: what the program is for; "" when it is not in the table.
        system: build system; None to find it out.
        directory: where in the source the build's files are.
        patch: whether Debian's patches are applied.
        prepare: argument lists, run one after the other in the source before configuration.
        configure: arguments for cmake, configure or meson.
        targets: what to build; for make also variables. All by default.
        products: names of the linked products to keep; all when empty.
        needs: Debian packages that must be installed.
        test: how its test suite runs; None if we do not run it.
    """

    name: str
    version: str = ""
    split: Split = ""
    system: System | None = None
    directory: str = "."
    patch: bool = True
    prepare: tuple[tuple[str, ...], ...] = ()
    configure: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    test: Suite | None = None

    def for_test(self) -> Recipe:
        """Returns the recipe that builds the test suite.

        Raises:
            UserError: there is no test recipe.
        """
        if self.test is None:
            hint = f"programs with one: {', '.join(r.name for r in recipes_with_suite())}"
            raise UserError(f"no test recipe for {self.name}", hint=hint)
        return replace(
            self,
            configure=self.test.configure or self.configure,
            targets=self.test.targets or self.targets,
            needs=self.needs + self.test.needs,
        )


def find_recipe(name: str) -> Recipe:
    """Returns a package's recipe; one without hints if it is not in the table."""
    return recipes().get(name) or Recipe(name)


def recipes_with_suite() -> list[Recipe]:
    """Returns the recipes with a test suite, sorted by name."""
    return [recipe for recipe in recipes().values() if recipe.test]


@functools.cache
def recipes() -> Mapping[str, Recipe]:
    """Returns the table of known packages, sorted by name."""
    text = resources.files("mlgo.corpus").joinpath("packages.toml").read_text()
    raw = tomllib.loads(text)
    return {name: _from_table(name, raw[name]) for name in sorted(raw)}


def _from_table(name: str, table: dict[str, Any]) -> Recipe:
    test = Suite(**_tuples(table.pop("test"))) if "test" in table else None
    unknown = set(table) - {field.name for field in fields(Recipe)}
    if unknown:
        raise ValueError(f"packages.toml, {name}: unknown keys {sorted(unknown)}")
    return Recipe(name=name, test=test, **_tuples(table))


def _tuples(table: dict[str, Any]) -> dict[str, Any]:
    def frozen(value: Any) -> Any:
        return tuple(frozen(v) for v in value) if isinstance(value, list) else value

    return {key: frozen(value) for key, value in table.items()}


def detect_system(folder: Path) -> System:
    """Finds out which build system a source folder uses.

    Raises:
        UserError: none that is known.
    """
    for marker, system in _MARKERS:
        if (folder / marker).exists():
            return system
    known = ", ".join(marker for marker, _ in _MARKERS)
    raise UserError(
        f"no known build system in {folder.name} (looked for {known})",
        hint="build it yourself and use `mlgo corpus add --compile-commands`",
    )
