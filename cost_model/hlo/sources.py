"""HLO modules from files, from JAX and from TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cost_model.hlo import proto, text
from cost_model.hlo.module import Module
from mlgo.errors import UserError


def read_module(path: Path) -> Module:
    """Reads a module from HLO text, or from an HloModuleProto or HloProto.

    Raises:
        UserError: the file is missing, malformed or truncated.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    try:
        if b"HloModule" in content[:4096]:
            return text.parse(content.decode())
        return proto.parse(content)
    except (UserError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {error}", getattr(error, "hint", "")) from error


def from_jax(fn: Callable[..., Any], *args: Any) -> Module:
    """Returns what JAX lowers a function to, before XLA's passes; needs JAX."""
    import jax

    lowered = jax.jit(fn).lower(*args)
    return proto.parse(lowered.compiler_ir("hlo").as_serialized_hlo_module_proto())


def from_tensorflow(fn: Any, *args: Any) -> Module:
    """Returns what TensorFlow lowers a `tf.function` to, before XLA's passes.

    Args:
        fn: made with `tf.function(..., jit_compile=True)`.
        args: its arguments.
    """
    return text.parse(fn.experimental_get_compiler_ir(*args)(stage="hlo"))
