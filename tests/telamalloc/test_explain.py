"""The memory map: true to the plan, escaped, small even for large problems."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from mlgo.report import render
from telamalloc.explain import Titled, page, picture
from telamalloc.memory_map import Scale, memory_map
from telamalloc.problem import Bank, Buffer, Gap, Problem
from telamalloc.solution import Solution, Status
from telamalloc.solver import minimize

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert('x')</script>&\"]]>"


def _rectangles(svg: str) -> list[tuple[str, list[float]]]:
    """(title, [x, y, width, height]) of each buffer's rectangle."""
    root = ElementTree.fromstring(svg)
    return [
        (title.text or "", [float(rect.attrib[k]) for k in ("x", "y", "width", "height")])
        for rect in root.iter(f"{SVG}rect")
        if (title := rect.find(f"{SVG}title")) is not None
    ]


def test_rectangles_are_where_the_buffers_are() -> None:
    problem = Problem.from_buffers(
        [Buffer("a", 0, 10, 30), Buffer("b", 5, 20, 70), Buffer("c", 10, 20, 30)], 200
    )
    offsets = np.array([0, 30, 0])
    scale = Scale.of(problem, 100)
    shapes = dict(_rectangles(memory_map(problem, offsets, scale)))
    assert len(shapes) == 3
    for row, buffer in enumerate(problem.buffers):
        x, y, width, height = next(s for t, s in shapes.items() if t.startswith(f"{buffer.id}: "))
        assert x == pytest.approx(float(scale.x(buffer.lower)), abs=0.01)
        assert x + width == pytest.approx(float(scale.x(buffer.upper)), abs=0.02)
        assert y + height == pytest.approx(float(scale.y(offsets[row])), abs=0.02)
        assert y == pytest.approx(float(scale.y(offsets[row] + buffer.size)), abs=0.01)


def test_rectangles_of_a_right_plan_do_not_overlap() -> None:
    random = np.random.default_rng(0)
    lower = random.integers(0, 60, 120)
    problem = Problem.from_arrays(
        lower, lower + random.integers(1, 20, 120), random.integers(1, 1000, 120)
    )
    solution = minimize(problem)
    shapes = [s for _, s in _rectangles(picture(problem, [Titled("", solution)]))]
    assert len(shapes) == 120
    for i, (x, y, w, h) in enumerate(shapes):
        for u, v, s, t in shapes[i + 1 :]:
            apart = x + w <= u + 0.03 or u + s <= x + 0.03 or y + h <= v + 0.03 or v + t <= y + 0.03
            assert apart


def test_gaps_are_left_out() -> None:
    problem = Problem.from_buffers([Buffer("a", 0, 9, 30, gaps=(Gap(3, 6), Gap(7, 8, 10)))])
    shapes = _rectangles(memory_map(problem, np.array([0]), Scale.of(problem, 30)))
    heights = sorted(round(shape[3] / shapes[0][1][3], 2) for _, shape in shapes)
    assert heights == [0.33, 1.0, 1.0, 1.0]


def test_names_cannot_act() -> None:
    problem = Problem.from_buffers([Buffer(EVIL, 0, 3, 4)], banks=[Bank(EVIL, 64)])
    solution = Solution.of(problem, Status.SOLVED, np.array([0]))
    html = render(page(EVIL, problem, [Titled(EVIL, solution)]))
    assert "<script>alert" not in html
    assert "alert(&" in html
    titles = [title for title, _ in _rectangles(picture(problem, [Titled(EVIL, solution)]))]
    assert titles[0].startswith(EVIL)


def test_many_buffers_make_a_small_map() -> None:
    random = np.random.default_rng(0)
    lower = np.sort(random.integers(0, 50_000, 20_000))
    problem = Problem.from_arrays(
        lower, lower + random.integers(1, 4_000, 20_000), random.integers(1, 10**6, 20_000)
    )
    offsets = random.integers(0, 10**9, 20_000)
    solution = Solution.of(problem, Status.SOLVED, offsets)
    svg = picture(problem, [Titled("", solution)])
    assert len(svg) < 1_200_000
    paths = ElementTree.fromstring(svg).findall(f".//{SVG}g/{SVG}path")
    assert len(paths) > 5
    assert not _rectangles(svg)


def test_cells_show_what_lies_there() -> None:
    """Enough buffers for a map of cells: a wall from left to right, and a tower at the end."""
    count = 2000
    lower = np.append(np.arange(count), 0)
    problem = Problem.from_arrays(
        lower, np.append(np.arange(count) + 1, count), np.append(np.full(count, 500), 500)
    )
    offsets = np.append(np.full(count, 0), 500)
    svg = memory_map(problem, offsets, Scale.of(problem, 1000))
    colours = re.findall(r'<path fill="([^"]+)" d="([^"]*)"', svg)
    wall = [runs for _, runs in colours if "h430v1" in runs]
    assert len(wall) == 1
    assert wall[0].count("h430v1") == 80  # the upper half of 160 lines


def test_before_and_after_share_a_scale_and_say_the_change() -> None:
    problem = Problem.from_buffers([Buffer("a", 0, 2, 10), Buffer("b", 3, 5, 10)])
    before = Solution.of(problem, Status.SOLVED, np.array([0, 10]))
    after = Solution.of(problem, Status.SOLVED, np.array([0, 0]))
    html = render(page("x", problem, [Titled("before", before), Titled("after", after)]))
    assert html.count("<svg") == 2
    assert "-50.0%" in html
    assert "10 bytes" in html


def test_one_map_a_bank() -> None:
    problem = Problem.from_buffers(
        [Buffer("a", 0, 2, 10), Buffer("b", 1, 3, 10)], banks=[Bank("x", 10), Bank("y", None, 1.0)]
    )
    plan = Solution.of(problem, Status.SOLVED, np.array([0, 0]), np.array([0, 1]))
    html = render(page("x", problem, [Titled("", plan)]))
    assert "Map of x" in html
    assert "Map of y" in html


def test_an_empty_problem() -> None:
    problem = Problem.from_buffers([])
    plan = Solution.of(problem, Status.SOLVED, np.empty(0, np.int64))
    assert "0 buffers" in render(page("nothing", problem, [Titled("", plan)]))


def test_same_input_same_bytes() -> None:
    problem = Problem.from_buffers([Buffer("a", 0, 2, 10), Buffer("b", 1, 3, 10)])
    plan = minimize(problem)
    assert picture(problem, [Titled("", plan)]) == picture(problem, [Titled("", plan)])
