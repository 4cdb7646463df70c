"""Formats that problems and plans come in and go out as; one module each."""
