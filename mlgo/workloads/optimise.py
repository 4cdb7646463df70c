"""Bitcode of the corpus, optimised: all that comes before code generation, cached.

The corpus's bitcode was made for -Oz, so its functions say `minsize` and `optsize`. Other levels do
without those words: then clang makes of it the very object that it makes from the source at -O2 or
-O3 (but for headers that look at __OPTIMIZE_SIZE__: glibc has no inline functions in <ctype.h>).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from mlgo import paths
from mlgo.corpus.build import CompileResult, compile_module
from mlgo.corpus.program import Module
from mlgo.policy import Policy
from mlgo.process import check, run
from mlgo.toolchain import Toolchain

Level = Literal["-O2", "-O3", "-Oz"]
_STOCK = Policy("stock")
_UNSIZED = (
    "-passes=forceattrs",
    "-force-remove-attribute=minsize",
    "-force-remove-attribute=optsize",
)


@dataclass(frozen=True)
class Extra:
    """What a compile gets beside its own flags, e.g. a plugin and its options.

    Attributes:
        arguments: for clang.
        environment: added to ours.
        identity: of the files that these name, e.g. a plugin's hash: what is kept under one
            identity is not taken for another.
    """

    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    identity: str = ""


@dataclass(frozen=True)
class Optimiser:
    """How modules are optimised.

    Attributes:
        toolchain: whose clang optimises.
        folder: the program's, in the corpus.
        level: of the optimisation.
        profile: of PGO, from `mlgo corpus profile`; None for none.
        removed: module name -> functions that another object of the link defines.
        extra: e.g. an inlining policy, with its identity.
    """

    toolchain: Toolchain
    folder: Path
    level: Level
    profile: Path | None = None
    removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra: Extra = field(default_factory=Extra)

    def optimise(self, module: Module) -> Module:
        """Returns the module with optimised bitcode in place of its own; cached.

        Raises:
            UserError: it does not compile.
        """
        output = self._cache(module)
        if not output.exists():
            profile = [f"-fprofile-use={self.profile}"] if self.profile else []
            self._optimise(module, profile, output)
        return replace(module, bitcode=str(output))

    def instrument(self, module: Module, output: Path) -> Module:
        """Returns the module with optimised bitcode that counts, for `-fprofile-generate`."""
        self._optimise(module, ["-fprofile-generate"], output)
        return replace(module, bitcode=str(output))

    def _optimise(self, module: Module, profile: list[str], output: Path) -> None:
        """Other threads and processes may make the same output: each in a folder of its own."""
        output.parent.mkdir(parents=True, exist_ok=True)
        removed = self.removed.get(module.name, ())
        with tempfile.TemporaryDirectory(prefix=".optimise-", dir=output.parent) as scratch:
            plain, optimised = Path(scratch, "plain.bc"), Path(scratch, "optimised.bc")
            prepare(self.toolchain, self.folder, module, self.level, plain, removed)
            compile_module(
                self.toolchain,
                self.folder,
                replace(module, bitcode=str(plain)),
                _STOCK,
                None,
                optimised,
                arguments=(self.level, "-emit-llvm", *profile, *self.extra.arguments),
                environment=self.extra.environment,
            )
            optimised.replace(output)

    def _cache(self, module: Module) -> Path:
        profile = self.profile.read_bytes() if self.profile else b""
        parts = [self.toolchain.version, module.sha256, *module.flags, self.level]
        parts += [*self.extra.arguments, repr(sorted(self.extra.environment.items()))]
        parts += [self.extra.identity] if self.extra.identity else []
        parts += self.removed.get(module.name, ())
        key = hashlib.sha256("\0".join(parts).encode() + profile).hexdigest()[:32]
        return paths.home() / "optimised" / self.folder.name / f"{key}.bc"


def prepare(
    toolchain: Toolchain,
    folder: Path,
    module: Module,
    level: Level,
    output: Path,
    removed: Sequence[str],
) -> None:
    """Writes a module's bitcode; for speed, without what says that its functions are to be small.

    Args:
        toolchain: whose opt and llvm-extract are used.
        folder: the program's, in the corpus.
        module: of that program.
        level: what it is for.
        output: the bitcode to write.
        removed: functions of which only the declarations are left.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    source = folder / module.bitcode
    passes = () if level == "-Oz" else _UNSIZED
    done = run([toolchain.tool("opt"), *passes, source, "-o", output])
    check(done, f"reading {module.name}")
    if removed:
        names = [f"--func={name}" for name in removed]
        argv: list[str | Path] = [toolchain.tool("llvm-extract"), "--delete", *names]
        argv += [output, "-o", output]
        check(run(argv), f"taking {', '.join(removed)} out of {module.name}")


def generate_code(
    toolchain: Toolchain, module: Module, level: Level, output: Path, extra: Extra
) -> CompileResult:
    """Compiles optimised bitcode to an object: nothing but code generation is left to do.

    Args:
        toolchain: whose clang compiles.
        module: from `Optimiser.optimise`.
        level: of that optimiser.
        output: the object to write.
        extra: e.g. a plugin with a policy of register allocation.

    Raises:
        UserError: it does not compile.
    """
    arguments = (level, *extra.arguments, "-Xclang", "-disable-llvm-passes")
    return compile_module(
        toolchain,
        Path("/"),
        module,
        _STOCK,
        None,
        output,
        arguments=arguments,
        environment=extra.environment,
    )
