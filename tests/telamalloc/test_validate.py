import numpy as np
import pytest

from telamalloc import Bank, Buffer, Gap, Problem, ProblemError, Solution, Status
from telamalloc.validate import Rule, Violation, validate


def check(buffers: list[Buffer], offsets: list[int], capacity: int = 64) -> tuple[Violation, ...]:
    problem = Problem.from_buffers(buffers, capacity)
    return validate(problem, Solution.of(problem, Status.SOLVED, np.array(offsets)))


A, B = Buffer("a", 0, 4, 16), Buffer("b", 3, 8, 16)


def test_right_plans() -> None:
    assert check([A, B], [0, 16]) == ()
    assert check([A, Buffer("b", 4, 8, 16)], [0, 0]) == ()


@pytest.mark.parametrize(
    ("buffers", "offsets", "rule", "names"),
    [
        ([A, B], [0, 15], Rule.OVERLAP, ("a", "b")),
        ([A, B], [8, 8], Rule.OVERLAP, ("a", "b")),
        ([A, B], [0, -1], Rule.NOT_PLACED, ("b", None)),
        ([A, B], [0, 49], Rule.CAPACITY, ("b", None)),
        ([A, Buffer("b", 9, 10, 8, alignment=8)], [0, 4], Rule.ALIGNMENT, ("b", None)),
        ([A, Buffer("b", 9, 10, 8, offset=8)], [0, 4], Rule.FIXED_OFFSET, ("b", None)),
        ([A, Buffer("b", 9, 10, 8, region=(8, 16))], [0, 9], Rule.REGION, ("b", None)),
    ],
)
def test_each_rule(
    buffers: list[Buffer], offsets: list[int], rule: Rule, names: tuple[str, str | None]
) -> None:
    found = check(buffers, offsets)
    assert [(v.rule, v.first, v.second) for v in found] == [(rule, *names)]


def test_gaps_make_room() -> None:
    gapped = Buffer("a", 0, 9, 16, gaps=(Gap(3, 6, 4),))
    guest = Buffer("b", 3, 6, 12)
    assert check([gapped, guest], [0, 4]) == ()
    assert check([gapped, guest], [0, 3])[0].rule is Rule.OVERLAP
    assert check([gapped, Buffer("b", 3, 7, 12)], [0, 4])[0].rule is Rule.OVERLAP


def test_aliases_share_only_a_common_start() -> None:
    pair = [A, Buffer("b", 3, 8, 8, aliases=("a",))]
    assert check(pair, [0, 0]) == ()
    assert check(pair, [0, 4])[0].rule is Rule.OVERLAP
    # Whoever is no alias may not hide behind one.
    third = Buffer("c", 2, 5, 4)
    assert check([*pair, third], [0, 0, 8])[0].rule is Rule.OVERLAP


def test_banks_do_not_clash() -> None:
    banks = (Bank("one", 16), Bank("two", 16))
    problem = Problem.from_buffers([A, B, Buffer("c", 0, 1, 1, bank="one")], banks=banks)
    offsets = np.array([0, 0, 0])
    wrong = Solution.of(problem, Status.SOLVED, offsets, np.array([0, 1, 1]))
    assert [v.rule for v in validate(problem, wrong)] == [Rule.BANK]


def test_the_number_of_violations_is_limited() -> None:
    many = [Buffer(str(i), 0, 1, 4) for i in range(50)]
    assert len(check(many, [0] * 50)) == 10


def test_a_plan_of_another_problem() -> None:
    problem = Problem.from_buffers([A], 64)
    other = Solution.of(
        Problem.from_buffers([A, B], 64), Status.SOLVED, np.array([0, 16], dtype=np.int64)
    )
    with pytest.raises(ProblemError, match="2 buffers"):
        validate(problem, other)
