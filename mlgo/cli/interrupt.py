"""Ctrl-C in a command that can go on later."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from mlgo.errors import UserError


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Makes of Ctrl-C an error that says how to go on."""
    try:
        yield
    except KeyboardInterrupt as error:
        hint = "run the same command again: it goes on where it was"
        raise UserError("interrupted", hint=hint, exit_code=130) from error
