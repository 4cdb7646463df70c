"""Steps into JAX where it hands a module to XLA, to change the compile options."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import jax
from jax._src import compiler as jax_compiler
from jax._src.lib import xla_client

from mlgo.errors import UserError

_ENTRY = "compile_or_get_cached"
#: From a module in StableHLO text and its serialized options to new options.
Edit = Callable[[str, bytes], bytes]


@contextlib.contextmanager
def editing(edit: Edit) -> Iterator[None]:
    """Edits the options of all modules that are compiled for one CPU device within the block.

    It is done before JAX looks into its persistent compilation cache, whose keys cover them.

    Raises:
        UserError: this JAX compiles in another way.
    """
    original = getattr(jax_compiler, _ENTRY, None)
    if original is None:
        raise UserError(
            f"jax {jax.__version__} has no {_ENTRY}: tiles cannot be given to it",
            hint="`make setup-xla` installs a version that is known to work",
        )

    def edited(
        backend: Any, module: Any, devices: Any, options: Any, *rest: Any, **more: Any
    ) -> Any:
        if backend.platform == "cpu" and devices.size == 1:
            content = edit(str(module), options.SerializeAsString())
            options = xla_client.CompileOptions.ParseFromString(content)
        return original(backend, module, devices, options, *rest, **more)

    setattr(jax_compiler, _ENTRY, edited)
    try:
        yield
    finally:
        setattr(jax_compiler, _ENTRY, original)
