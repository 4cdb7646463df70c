"""What the plugin tells of each function's choice: a line of JSON for each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mlgo.errors import UserError

_Row = TypeVar("_Row")


def read_passes_log(path: Path, convert: Callable[[dict[str, Any]], _Row]) -> list[_Row]:
    """Returns what `convert` makes of each function's row; nothing if there is no file.

    Raises:
        UserError: the file is malformed, also by what `convert` misses in it.
    """
    if not path.exists():
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [convert(json.loads(line)) for line in lines]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no log of passes: {error}") from error
