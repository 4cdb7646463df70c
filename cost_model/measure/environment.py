"""The Python that has a current JAX: an environment apart from TensorFlow's."""

from __future__ import annotations

import os
from pathlib import Path

from mlgo.errors import UserError

_ROOT = Path(__file__).resolve().parents[2]
_HINT = "make it with `make setup-xla`, or name another one's Python in MLGO_XLA_PYTHON"


def python() -> Path:
    """Returns the interpreter for everything that imports JAX.

    Raises:
        UserError: the environment is not there.
    """
    path = Path(os.environ.get("MLGO_XLA_PYTHON") or _ROOT / ".venv-xla/bin/python")
    if not path.exists():
        raise UserError(f"there is no environment with JAX: {path}", _HINT)
    return path


def variables() -> dict[str, str]:
    """Returns the environment variables under which that interpreter finds this package."""
    return {**os.environ, "PYTHONPATH": str(_ROOT), "JAX_PLATFORMS": "cpu"}
