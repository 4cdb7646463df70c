"""Invented words and sentences, from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable

_SYLLABLES = ["ka", "lo", "mi", "ten", "ra", "su", "vi", "pel", "dor"]
_SYLLABLES += ["an", "ik", "zu", "fa", "ber", "gol", "ni", "sha", "tro"]


def invent(rng: random.Random, count: int = 2000) -> list[str]:
    """Returns invented words."""
    return ["".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4))) for _ in range(count)]


def words(rng: random.Random, vocabulary: list[str], count: int) -> list[str]:
    """Words as frequent as in a language: few of them most of the time (Zipf)."""
    top = len(vocabulary)
    return [vocabulary[int(top ** rng.random()) - 1] for _ in range(count)]


def until(size: int, piece: Callable[[], str]) -> str:
    """Joins pieces until there are `size` characters."""
    pieces: list[str] = []
    length = 0
    while length < size:
        pieces.append(piece())
        length += len(pieces[-1])
    return "".join(pieces)


def sentence(rng: random.Random, vocabulary: list[str]) -> str:
    """Returns a sentence, with a space behind it."""
    return " ".join(words(rng, vocabulary, rng.randint(4, 16))).capitalize() + ". "
