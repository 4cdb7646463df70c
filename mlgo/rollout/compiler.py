"""A compiler with the plugin inside, of which only what the plugin writes is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlgo.corpus.build import compile_command
from mlgo.corpus.program import Module
from mlgo.policy import Policy
from mlgo.process import Finished, check, run
from mlgo.toolchain import Toolchain

_TIMEOUT = 900.0


@dataclass(frozen=True)
class PluginCompiler:
    """What turns a module into a trajectory.

    Attributes:
        toolchain: of LLVM 22.
        plugin: built for it.
        timeout: wall seconds for one compile with its alternatives.
    """

    toolchain: Toolchain
    plugin: Path
    timeout: float = _TIMEOUT

    def compile(
        self,
        folder: Path,
        module: Module,
        policy: Policy,
        *,
        env: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
    ) -> Finished:
        """Compiles a module at -Oz and throws the object away.

        Args:
            folder: the program's.
            module: of that program.
            policy: what decides.
            env: more options of the plugin, e.g. where to log.
            arguments: more arguments for clang.

        Raises:
            UserError: the compile failed; holds the compiler's first error.
        """
        null = Path(os.devnull)
        argv = compile_command(self.toolchain, folder, module, policy, self.plugin, null, arguments)
        done = run(argv, env={**policy.environment(), **(env or {})}, timeout=self.timeout)
        return check(done, f"compiling {module.name}")
