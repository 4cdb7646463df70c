"""A tile of XLA:CPU's tiled GEMM emitter, and which of them are candidates for a product."""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import dataclass

#: The emitter unrolls a tile in full: above this product compile times explode.
MOST_UNROLLED = 256
#: Bytes of a vector register that XLA:CPU emits for (its `prefer_vector_width` is 256 bits).
VECTOR_BYTES = 32
# The emitter halves its vectors for the last columns, down to so many elements.
_LEAST_LANES = 4
_M_STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 14, 16, 20, 24, 32)
_K_STEPS = (1, 2, 3, 4, 5, 6, 8, 9, 12, 16, 24, 32, 64)
_N_STEPS = (1, 2, 3, 4, 5, 6, 8, 12, 16)


@dataclass(frozen=True, order=True)
class Tile:
    """Rows, depth and columns that one unrolled block of the emitter takes.

    Attributes:
        m: rows of the left operand.
        k: depth: columns of the left operand, rows of the right one.
        n: columns of the right operand, in vector registers.
    """

    m: int
    k: int
    n: int

    def __str__(self) -> str:
        """XLA's own way of writing it."""
        return f"{self.m}:{self.k}:{self.n}*vectwidth"

    @property
    def unrolled(self) -> int:
        """Multiply-add instructions of one block; compile time grows with it."""
        return self.m * self.k * self.n

    def bounds(self, lanes: int) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        """Returns the kernel (right operand), output and input (left operand) bounds in elements.

        Args:
            lanes: elements in a vector register.
        """
        columns = self.n * lanes
        return (self.k, columns), (self.m, columns), (self.m, self.k)

    @classmethod
    def parse(cls, text: str) -> Tile:
        """Reads `M:K:N*vectwidth`.

        Raises:
            ValueError: it is none.
        """
        match = re.fullmatch(r"([1-9]\d*):([1-9]\d*):([1-9]\d*)\*vectwidth", text)
        if not match:
            raise ValueError(f"{text!r} is no tile, such as 11:9:1*vectwidth")
        return cls(int(match[1]), int(match[2]), int(match[3]))


#: What XLA takes when nothing is said.
DEFAULT = Tile(11, 9, 1)


def is_safe(tile: Tile, n: int, lanes: int) -> bool:
    """Whether the emitter stays inside of a result with `n` columns.

    It takes as many whole blocks of `tile.n` vectors as fit, then what is left with one vector
    fewer, and so on, but where it begins with the rest need not be a whole number of the smaller
    blocks from its end: 3 vectors of 8 take 504 of 512 columns, the 2 that follow write 16 from
    there, 8 beyond the end (TiledSmallGemmEmitter::HandleResiduesOnN in XLA's
    tiled_dot_emitter.cc; jaxlib 0.10.2 corrupts the heap). Such a tile must never be used.
    """
    start, vectors, width = 0, tile.n, tile.n * lanes
    while start != n and width >= min(_LEAST_LANES, lanes):
        end = n - n % width
        if end != start:
            if (end - start) % width:
                return False
            start = end
        vectors = max(1, vectors - 1) if vectors > 1 else 0
        width = vectors * lanes if vectors else width // 2
    return True


def legal(m: int, k: int, n: int, lanes: int) -> list[Tile]:
    """Returns the tiles worth a thought for an (m, k) x (k, n) product, in order.

    A tile that exceeds the product in some dimension does the same as a smaller one, and one
    that XLA would compile to a wrong program (see `is_safe`) is not legal.

    Args:
        m: rows of the result.
        k: length of the sums.
        n: columns of the result.
        lanes: elements in a vector register.
    """
    columns = max(1, -(-n // lanes))
    steps = itertools.product(_M_STEPS, _K_STEPS, _N_STEPS)
    tiles = {Tile(*t) for t in steps if t[0] <= m and t[1] <= k and t[2] <= columns} | {DEFAULT}
    return sorted(t for t in tiles if t.unrolled <= MOST_UNROLLED and is_safe(t, n, lanes))


def candidates(m: int, k: int, n: int, lanes: int, count: int, seed: int) -> list[Tile]:
    """Draws `count` of the legal tiles, the default first; same arguments, same tiles.

    Two thirds of them are drawn from those whose block of the result fills the registers without
    overflowing them, where the fast ones are; the others from all, so that a model sees slow
    ones too.
    """
    rng = random.Random(f"{m} {k} {n} {lanes} {seed}")
    every = [tile for tile in legal(m, k, n, lanes) if tile != DEFAULT]
    plausible = [tile for tile in every if 6 <= tile.m * tile.n <= 32 and tile.m > 1]
    chosen = [DEFAULT, *rng.sample(plausible, min(len(plausible), count * 2 // 3))]
    rest = [tile for tile in every if tile not in set(chosen)]
    return chosen + rng.sample(rest, max(0, min(len(rest), count - len(chosen))))
