"""Configures and builds a source tree with given compilers, whatever its build system."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from mlgo.corpus.capture import RECORDS_VARIABLE, Wrappers
from mlgo.corpus.debian import missing_packages
from mlgo.corpus.recipe import Recipe, detect_system
from mlgo.errors import UserError
from mlgo.process import Finished, check, run


@dataclass(frozen=True)
class Build:
    """A source tree about to be built.

    Attributes:
        recipe: how.
        source: the unpacked source.
        wrappers: the compilers to use.
        jobs: at most so many commands at once.
        env: added to the environment of configuration and build.
    """

    recipe: Recipe
    source: Path
    wrappers: Wrappers
    jobs: int
    env: tuple[tuple[str, str], ...] = ()

    @property
    def folder(self) -> Path:
        """Where the build's files are configured from."""
        return self.source / self.recipe.directory

    @property
    def output(self) -> Path:
        """Where the build runs."""
        system = self.recipe.system or detect_system(self.folder)
        return self.folder / "mlgo-build" if system in ("cmake", "meson") else self.folder

    def configure(self) -> None:
        """Configures the tree.

        Raises:
            UserError: packages are missing, or the configuration failed.
        """
        self._check_needs()
        hint = f"see what it needs: apt-get build-dep {self.recipe.name}"
        commands = [self.expand(command) for command in self.recipe.prepare]
        for argv in [*commands, *self._configure_commands()]:
            finished = run(argv, cwd=self.folder, env=self._environment(recorded=False))
            check(finished, f"configuring {self.recipe.name}", hint=hint)

    def build(self, *, record: bool = True) -> str:
        """Builds, going on after errors; returns the first error, empty if there was none."""
        environment = self._environment(recorded=record)
        return _error(run(self._build_command(), cwd=self.folder, env=environment))

    def expand(self, words: tuple[str, ...]) -> list[str]:
        """Replaces {cc}, {cxx}, {ar}, {jobs} and {source} in arguments."""
        values = {
            "{cc}": str(self.wrappers.cc),
            "{cxx}": str(self.wrappers.cxx),
            "{ar}": str(self.wrappers.ar),
            "{jobs}": str(self.jobs),
            "{source}": str(self.source),
        }
        expanded = []
        for word in words:
            for key, value in values.items():
                word = word.replace(key, value)
            expanded.append(word)
        return expanded

    def _check_needs(self) -> None:
        missing = missing_packages(self.recipe.needs)
        if missing:
            raise UserError(
                f"{self.recipe.name} needs packages that are not installed: {' '.join(missing)}",
                hint=f"apt-get install {' '.join(missing)}",
            )

    def _environment(self, *, recorded: bool) -> dict[str, str]:
        tools = {
            "CC": str(self.wrappers.cc),
            "CXX": str(self.wrappers.cxx),
            "AR": str(self.wrappers.ar),
            "LC_ALL": "C",
            "MAKEFLAGS": "",
            "PATH": _system_path(),
        }
        records = {RECORDS_VARIABLE: str(self.wrappers.records)} if recorded else {}
        return {**tools, **records, **dict(self.env)}

    def _configure_commands(self) -> list[list[str]]:
        arguments = self.expand(self.recipe.configure)
        match self.recipe.system or detect_system(self.folder):
            case "cmake":
                return [[*self._cmake(), *arguments]]
            case "meson":
                return [["meson", "setup", "--buildtype=minsize", *arguments, str(self.output)]]
            case "configure":
                generate = (
                    [["autoreconf", "-fi"]] if not (self.folder / "configure").exists() else []
                )
                return [*generate, ["sh", "./configure", *arguments]]
            case _:
                return []

    def _cmake(self) -> list[str]:
        tools = self.wrappers
        return [
            *("cmake", "-G", "Ninja", "-S", ".", "-B", str(self.output)),
            "-DCMAKE_BUILD_TYPE=MinSizeRel",
            f"-DCMAKE_C_COMPILER={tools.cc}",
            f"-DCMAKE_CXX_COMPILER={tools.cxx}",
            f"-DCMAKE_AR={tools.ar}",
            "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
        ]

    def _build_command(self) -> list[str]:
        targets, jobs = self.expand(self.recipe.targets), f"-j{self.jobs}"
        match self.recipe.system or detect_system(self.folder):
            case "cmake" | "meson":
                return ["ninja", "-C", str(self.output), "-k", "0", jobs, *targets]
            case "configure":
                return ["make", "-k", jobs, *targets]
            case _:
                tools = self.wrappers
                variables = [f"CC={tools.cc}", f"CXX={tools.cxx}", f"AR={tools.ar}"]
                return ["make", "-k", jobs, *variables, *targets]


def _system_path() -> str:
    """PATH without our own Python environment, in which Debian's Python packages are missing."""
    ours = str(Path(sys.prefix, "bin"))
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if folder != ours)


def _error(finished: Finished) -> str:
    if finished.code == 0:
        return ""
    lines = [line for line in finished.log.splitlines() if "error:" in line]
    return lines[0].strip() if lines else f"the build ended with exit code {finished.code}"
