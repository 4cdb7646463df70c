"""Programs run by the Python that has JAX; `make setup-xla`, which `make test` does, makes it."""

import json
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest

from cost_model.measure import environment
from mlgo.errors import UserError


def _is_there() -> bool:
    try:
        environment.python()
    except UserError:
        return False
    return True


needs_jax = pytest.mark.skipif(not _is_there(), reason="needs `make setup-xla`")


def run_jax(program: str, home: Path) -> Any:
    """Runs a program whose last line of output is JSON, and returns that."""
    variables = environment.variables() | {"MLGO_HOME": str(home)}
    command = [str(environment.python()), "-c", textwrap.dedent(program)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
