import re

import pytest

from mlgo import report
from mlgo.report import Cell, Code, Column, Page, Section, Stat, Table, Text, charts
from tests.mlgo.report.browser import dump_dom

HOSTILE = '<script>document.title="pwned"</script>"\'&'


def page(text=HOSTILE):
    columns = (Column(text, note=text), Column("bytes", numeric=True))
    rows = tuple((Cell(f"{text}{n}"), Cell(str(n), n, "worse")) for n in (10, 9, 100))
    return Page(
        title=text,
        subtitle=text,
        stats=(Stat(text, text, text, "better"),),
        sections=(
            Section(
                text,
                (
                    Text(text),
                    Code(text),
                    Table(columns, rows, text, total=(Cell("all"), Cell("119", 119))),
                    Table(columns, rows, text, folded=True),
                    charts.change_bars("bars", [text], [-0.1], text),
                ),
            ),
        ),
        footer=text,
    )


def test_same_page_same_bytes():
    assert report.render(page()) == report.render(page())


def test_all_text_is_escaped():
    html = report.render(page())
    assert HOSTILE not in html
    assert html.count("<script") == 1
    assert "document.title" in html  # shown, not run: see the browser's tests


def test_nothing_is_loaded():
    html = report.render(page("text"))
    assert not re.search(r"""(src|href|action|data)\s*=\s*["'](?!#)""", html)
    assert "@import" not in html
    assert re.findall(r"url\((.)", html) in ([], ["#"] * html.count("url("))
    assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html


def test_rows_must_fit_their_columns():
    with pytest.raises(ValueError, match="2 cells in a table of 1"):
        Table((Column("a"),), ((Cell("1"), Cell("2")),))


def test_a_failed_write_leaves_nothing(tmp_path):
    target = tmp_path / "report.html"
    target.mkdir()
    with pytest.raises(OSError, match=r"report\.html"):
        report.write(page(), target)
    assert list(tmp_path.iterdir()) == [target]


def test_browser_shows_the_text_and_runs_nothing_foreign(tmp_path):
    report.write(page(), tmp_path / "report.html")
    dom = dump_dom(tmp_path / "report.html")
    assert "<title>&lt;script&gt;" in dom
    assert "<title>pwned" not in dom
    assert "&lt;script&gt;document.title" in dom.split("<h1>")[1]


def test_policy_of_the_page_stops_what_got_in(tmp_path):
    """Even unescaped, a foreign script does not run."""
    path = tmp_path / "report.html"
    foreign = "<script>document.title='pwned'</script></body>"
    path.write_text(report.render(page("text")).replace("</body>", foreign))
    assert "<title>text</title>" in dump_dom(path)


@pytest.mark.parametrize(("clicks", "expected"), [(1, ["9", "10", "100"]), (2, ["100", "10", "9"])])
def test_a_heading_sorts_its_table(tmp_path, clicks, expected):
    # The click comes from a script that the page's own policy would stop, so that goes first.
    html = re.sub(r"<meta http-equiv[^>]*>", "", report.render(page("text")))
    click = "document.querySelectorAll('th button')[1].click();" * clicks
    path = tmp_path / "report.html"
    path.write_text(html.replace("</body>", f"<script>{click}</script></body>"))
    table = dump_dom(path).split("<table>")[1].split("</table>")[0]
    assert re.findall(r'numeric" data-key="\d+">(\d+)<', table) == [*expected, "119"]
