"""Inputs of workloads, made from a seed: the same seed and size give the same bytes."""

from __future__ import annotations

import random
from collections.abc import Callable

from mlgo.workloads import documents, sources, texts


def make_input(kind: str, size: int, seed: int) -> bytes:
    """Makes an input.

    Args:
        kind: one of `KINDS`.
        size: about how many bytes.
        seed: of all that is random in it.

    Raises:
        KeyError: there is no such kind.
    """
    return KINDS[kind](random.Random(seed), size)


KINDS: dict[str, Callable[[random.Random, int], bytes]] = {
    "capnp": sources.capnp,
    "json": documents.json_text,
    "log": texts.log_lines,
    "markdown": texts.markdown,
    "mixed": texts.mixed,
    "ninja": sources.ninja,
    "prose": texts.prose,
    "proto": sources.proto,
    "sql": documents.sql,
    "xml": documents.xml,
    "yaml": documents.yaml,
}
