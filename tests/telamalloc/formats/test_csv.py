from pathlib import Path

import pytest

from telamalloc import Buffer, FormatError, Gap, Problem, ProblemError, solve
from telamalloc.formats import csv

SMALL = "id,lower,upper,size\nb1,0,3,4\nb2,3,9,4\nb3,0,9,4\n"


def test_reads_minimallocs_files(tmp_path: Path) -> None:
    path = tmp_path / "toy.12.csv"
    path.write_text(SMALL)
    problem = csv.read(path)
    assert problem.capacity == 12
    assert problem.names == ("b1", "b2", "b3")
    assert csv.read(path, capacity=8).capacity == 8


def test_columns_in_any_order_with_synonyms() -> None:
    problem = csv.parse("size,start,end,buffer_id\n4,0,3,x\n")
    assert problem.buffers == (Buffer("x", 0, 3, 4),)


def test_writes_what_it_reads() -> None:
    buffers = (
        Buffer("x", 0, 9, 16, alignment=8, region=(8, 64), gaps=(Gap(3, 6, 4), Gap(7, 8))),
        Buffer("y", 0, 4, 16, offset=32),
        Buffer("z", 0, 4, 4, aliases=("y",)),
    )
    text = csv.write(Problem.from_buffers(buffers, 64))
    again = csv.parse(text, 64)
    assert again.buffers == Problem.from_buffers(buffers, 64).buffers
    assert csv.write(again) == text


def test_writes_the_offsets() -> None:
    problem = csv.parse(SMALL, 12)
    text = csv.write(problem, solve(problem))
    assert text.startswith("id,lower,upper,size,offset\nb1,0,3,4,")
    assert csv.parse(text, 12).buffers == problem.buffers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("id,lower,upper\n", "no column 'size'"),
        ("id,lower,upper,size,colour\n", "unknown column"),
        ("id,lower,upper,size,size\n", "named twice"),
        ("id,lower,upper,size\na,0,1\n", "3 cells"),
        ("id,lower,upper,size\na,0,1,x\n", "size is 'x'"),
        ("id,lower,upper,size\na,0,1,\n", "size is ''"),
        ("id,lower,upper,size\na,0,1,1.5\n", "size is '1.5'"),
        ("id,lower,upper,size\na,0,1,99999999999999999999\n", "64 bits"),
        ("id,lower,upper,size,gaps\na,0,9,4,3\n", "gap '3'"),
        ("id,lower,upper,size,gaps\na,0,9,4,3-5@2:3\n", "keeps bytes"),
    ],
)
def test_malformed_files(text: str, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        csv.parse(text)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,3,1,4", "lifetime"),
        ("a,0,1,0", "no bytes"),
        ("a,0,1,-4", "no bytes"),
        ("a,0,1,4611686018427387904", "too large"),
        ("b,0,1,4", "given twice"),
    ],
)
def test_malformed_values(row: str, words: str) -> None:
    with pytest.raises(ProblemError, match=words):
        csv.parse(f"id,lower,upper,size\nb,0,1,1\n{row}\n")


def test_files_that_are_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot read"):
        csv.read(tmp_path / "nothing.csv")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="not text"):
        csv.read(binary)
