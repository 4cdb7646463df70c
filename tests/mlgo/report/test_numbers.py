from hypothesis import given
from hypothesis import strategies as st

from mlgo.report import numbers


def test_signs_are_shown_and_thousands_apart():
    assert numbers.signed(-12345) == "\N{MINUS SIGN}12,345"
    assert numbers.signed(12) == "+12"
    assert numbers.thousands(1234567) == "1,234,567"
    assert numbers.percent(-0.0312) == "\N{MINUS SIGN}3.12\N{NO-BREAK SPACE}%"


def test_no_signed_zero():
    assert numbers.signed(0) == "0"
    assert numbers.signed(-0.2) == "0"
    assert numbers.percent(-0.00001) == "0\N{NO-BREAK SPACE}%"


@given(st.integers(-(10**12), 10**12))
def test_signed_can_be_read_back(value):
    text = numbers.signed(value).replace("\N{MINUS SIGN}", "-").replace(",", "")
    assert int(text) == value


@given(st.floats(-1, 100))
def test_percent_rounds_to_a_hundredth(fraction):
    text = numbers.percent(fraction).rstrip("%").strip().replace("\N{MINUS SIGN}", "-")
    assert abs(float(text) - 100 * fraction) <= 0.0051
