import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_model.tile import DEFAULT, MOST_UNROLLED, Tile, candidates, is_safe, legal

_sizes = st.integers(1, 600)
_lanes = st.sampled_from([4, 8])


def _columns_written(vectors: int, n: int, lanes: int) -> list[int]:
    """The columns that the emitter's loops write, as its source says, one by one."""
    written: list[int] = []
    start, count, width = 0, vectors, vectors * lanes
    while start != n and width >= min(4, lanes):
        end = n - n % width
        if start != end:
            for at in range(start, end, width):
                written += range(at, at + width)
            start = end
        if count == 1:
            width //= 2
        else:
            count -= 1
            width = count * lanes
    return written + list(range(start, n))


@given(st.integers(1, 16), _sizes, _lanes)
def test_a_tile_is_safe_when_each_column_is_written_once(vectors: int, n: int, lanes: int) -> None:
    exact = sorted(_columns_written(vectors, n, lanes)) == list(range(n))
    assert is_safe(Tile(1, 1, vectors), n, lanes) == exact


def test_the_tile_that_writes_beyond_512_columns_is_not_legal() -> None:
    assert not is_safe(Tile(4, 2, 3), 512, 8)
    assert max(_columns_written(3, 512, 8)) >= 512
    assert all(tile.n != 3 for tile in legal(64, 512, 512, 8))


@given(_sizes, _sizes, _sizes, _lanes)
def test_legal_tiles_fit_and_have_the_default(m: int, k: int, n: int, lanes: int) -> None:
    tiles = legal(m, k, n, lanes)
    assert DEFAULT in tiles
    for tile in tiles:
        assert tile.unrolled <= MOST_UNROLLED
        assert tile == DEFAULT or (tile.m <= m and tile.k <= k)


@given(_sizes, _sizes, _sizes, _lanes, st.integers(2, 60), st.integers(0, 3))
def test_candidates_are_distinct_legal_and_reproducible(
    m: int, k: int, n: int, lanes: int, count: int, seed: int
) -> None:
    drawn = candidates(m, k, n, lanes, count, seed)
    assert drawn == candidates(m, k, n, lanes, count, seed)
    assert drawn[0] == DEFAULT
    assert len(drawn) == len(set(drawn)) == min(count, len(legal(m, k, n, lanes)))
    assert set(drawn) <= set(legal(m, k, n, lanes))


@given(st.integers(1, 99), st.integers(1, 99), st.integers(1, 99))
def test_a_tile_is_written_as_xla_reads_it(m: int, k: int, n: int) -> None:
    tile = Tile(m, k, n)
    assert str(tile) == f"{m}:{k}:{n}*vectwidth"
    assert Tile.parse(str(tile)) == tile


@pytest.mark.parametrize("text", ["", "11:9:1", "0:1:1*vectwidth", "1:1:-1*vectwidth", "a:b:c"])
def test_what_is_no_tile_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no tile"):
        Tile.parse(text)


def test_bounds_are_in_elements() -> None:
    assert Tile(11, 9, 2).bounds(8) == ((9, 16), (11, 16), (11, 9))
