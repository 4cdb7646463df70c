"""Figures as text: thousands apart, signs always shown, a real minus sign, no minus zero."""

from __future__ import annotations

_MINUS = "\N{MINUS SIGN}"


def thousands(value: float) -> str:
    """12345 -> "12,345"; rounded to a whole number."""
    return f"{value:,.0f}".replace("-", _MINUS)


def signed(value: float) -> str:
    """-12345 -> "-12,345", 12 -> "+12", 0 -> "0"; rounded to a whole number."""
    text = f"{value:+,.0f}".replace("-", _MINUS)
    return "0" if text[1:] == "0" else text


def percent(fraction: float, digits: int = 2) -> str:
    """-0.0312 -> "-3.12 %", 0 -> "0 %"."""
    text = f"{100 * fraction:+.{digits}f}"
    if float(text) == 0:
        return "0\N{NO-BREAK SPACE}%"
    return text.replace("-", _MINUS) + "\N{NO-BREAK SPACE}%"


def ratio(value: float, low: float, high: float) -> str:
    """1.0123, 1.009, 1.017 -> "1.012 (1.009 to 1.017)"."""
    return f"{value:.3f} ({low:.3f} to {high:.3f})"
