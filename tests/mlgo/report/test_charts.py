import re
import xml.etree.ElementTree as ElementTree

import pytest

from mlgo.report import charts
from mlgo.report.picture import BETTER, WORSE

HOSTILE = "<script>alert(1)</script> & $x^2$ \" id='a' #010101"


def drawings(name):
    yield charts.change_bars(name, ["re2", HOSTILE, "lua"], [-0.05, 0.02, 0.0], "a caption")
    yield charts.change_scatter(name, [10, 100, 1000], [9, 100, 1010], "bytes", "a caption")
    yield charts.change_waterfall(name, [-5, 3, 0, -20], "bytes", "a caption")
    yield charts.ratio_intervals(name, ["re2", HOSTILE], [(1, 0.9, 1.1), (1.2, 1.1, 1.3)], "")


@pytest.mark.parametrize("index", range(4))
def test_same_input_same_bytes(index):
    first, second = (list(drawings("chart"))[index] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("picture", list(drawings("chart")))
def test_references_resolve_within_the_picture_and_nothing_is_loaded(picture):
    root = ElementTree.fromstring(picture.svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(name.startswith("chart-") for name in ids)
    targets = re.findall(r'(?:href="|url\()#([^")]+)', picture.svg)
    assert set(targets) <= set(ids)
    assert "//" not in picture.svg
    assert {element.tag for element in root.iter()}.isdisjoint({"script", "style", "metadata"})


def test_the_text_is_there_as_it_is():
    bars, *_ = drawings("chart")
    texts = ["".join(t.itertext()) for t in ElementTree.fromstring(bars.svg).iter("text")]
    assert HOSTILE in texts
    assert "+2.00\N{NO-BREAK SPACE}%" in texts
    assert f"{HOSTILE}: +2.00\N{NO-BREAK SPACE}%" in bars.alt


def test_colours_are_the_pages():
    for picture in drawings("chart"):
        styles = " ".join(re.findall(r'style="([^"]*)"', picture.svg))
        assert not re.search(r"#0[1-6]0[1-6]0[1-6]", styles)
    bars, scatter, waterfall, _ = drawings("chart")
    for picture in (bars, scatter, waterfall):
        assert "var(--better)" in picture.svg
        assert "var(--worse)" in picture.svg
    assert BETTER != WORSE


def test_losses_are_hatched():
    assert "<pattern" in charts.change_bars("chart", ["re2"], [0.02], "").svg
    assert "<pattern" not in charts.change_bars("chart", ["re2"], [-0.02], "").svg


def test_waterfall_says_what_the_losses_cost():
    picture = charts.change_waterfall("chart", [3, -20, 0, -5], "bytes", "")
    assert (
        picture.alt
        == "savings reach \N{MINUS SIGN}25 bytes; with the losses, \N{MINUS SIGN}22 bytes"
    )


@pytest.mark.parametrize("changes", [[], [0, 0], [1], [-1]])
def test_waterfall_of_little(changes):
    assert charts.change_waterfall("chart", changes, "bytes", "").svg.startswith("<svg")
