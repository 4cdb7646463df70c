"""Self-contained HTML reports: a page of stats, tables and inline pictures.

Every text is escaped, nothing is loaded from anywhere, and the same input gives the same bytes.
"""

from mlgo.report.page import Code, Page, Section, Stat, Text, render, write
from mlgo.report.picture import Picture
from mlgo.report.table import Cell, Column, Table, Tone

__all__ = [
    "Cell",
    "Code",
    "Column",
    "Page",
    "Picture",
    "Section",
    "Stat",
    "Table",
    "Text",
    "Tone",
    "render",
    "write",
]
