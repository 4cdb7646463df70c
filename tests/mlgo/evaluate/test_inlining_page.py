import html
import re

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from mlgo import report
from mlgo.evaluate.inlining_page import inlining_page
from mlgo.evaluate.result import BuildFailure, LinkResult, ModuleResult, Settings, Sizes
from tests.mlgo.evaluate.evaluations import TIME, any_evaluation, evaluation, program
from tests.mlgo.report.browser import dump_dom

HOSTILE = "<script>document.title='pwned'</script>"


def full():
    """Wins, losses, a failure, full LTO, a control that differs, times, and a hostile name."""
    lto = (LinkResult("re2", "shared", Sizes(900, 901, 850), False),)
    failed = (BuildFailure("main.o", "policy", False, "error: out of registers"),)
    return evaluation(
        program("re2", (1000, 950), [(500, 450), (500, 500)], lto_links=lto, compile_time=TIME),
        program("ninja", (2000, 2030), [(2000, 2030)], compile_time=TIME),
        program("cmark", (700, None), [(700, None)], failures=failed),
        program(HOSTILE, (10, 10), excluded=("asm.s",)),
        settings=Settings(lto=True, rounds=3),
        compile_time=TIME,
    )


def text_of(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What a reader sees, according to Chromium."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    report.write(inlining_page(full()), path)
    return dump_dom(path)


def test_a_reader_finds_the_results(shown):
    text = text_of(shown.partition("<body>")[2])
    for expected in (
        "Inlining for size: the learned policy against stock -Oz",
        "\N{MINUS SIGN}0.66 %",  # all that linked: 3010 to 2990 bytes
        "3,010 to 2,990 bytes; 1 did not build",
        "1 smaller, 1 bigger, 1 the same",
        "+1.50 %",  # ninja, the worst
        "1.070",
        "error: out of registers",
        "mlgo evaluate inlining",
        "123,456 bytes, sha256 " + "a" * 64,
        "not in the comparison, since not bitcode: asm.s",
        "re2 (LTO)",
    ):
        assert expected in text, expected


def test_losses_come_before_wins(shown):
    assert shown.index("most bytes were lost") < shown.index("most bytes were saved")
    assert shown.index("What did not build") < shown.index("Programs: linked size")


def test_hostile_names_do_nothing(shown):
    assert "<title>Inlining for size" in shown
    assert HOSTILE not in shown
    assert "&lt;script&gt;document.title" in shown


def test_the_totals_leave_out_what_did_not_build():
    stats = {stat.label: stat for stat in inlining_page(full()).stats}
    assert stats["Linked size, all programs"].tone == "better"
    assert stats["Worst program"].note == "ninja"
    assert stats["Worst program"].tone == "worse"


@given(any_evaluation)
@hypothesis_settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_evaluation_has_a_report_of_the_same_bytes(some):
    assert report.render(inlining_page(some)) == report.render(inlining_page(some))


def test_an_evaluation_of_nothing_has_a_report():
    nothing = program("empty", (None, None), links=(), modules=())
    assert "none built" in report.render(inlining_page(evaluation(nothing)))
    module = ModuleResult("a.o", "a.c", Sizes(0, 0, 0), True)
    report.render(inlining_page(evaluation(program("data", (0, 0), modules=(), links=()))))
    no_code = program("data", (0, 0))
    object.__setattr__(no_code, "modules", (module,))
    report.render(inlining_page(evaluation(no_code)))
