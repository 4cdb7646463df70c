"""The page of a report, from its parts to one self-contained HTML file."""

from __future__ import annotations

import base64
import functools
import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mlgo.report.picture import Picture
from mlgo.report.table import Table, Tone

if TYPE_CHECKING:
    import jinja2


@dataclass(frozen=True)
class Stat:
    """One figure of the headline.

    Attributes:
        label: what it is.
        value: the figure with its unit.
        note: one line below it.
        tone: colours the figure.
    """

    label: str
    value: str
    note: str = ""
    tone: Tone = "neutral"


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class Code:
    """Commands or output, shown as they are."""

    text: str
    kind: Literal["code"] = "code"


Block = Text | Code | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading and what is below it, in order."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """A whole report.

    Attributes:
        title: heading, and the window's title.
        subtitle: one line below it.
        stats: the headline's figures.
        sections: the rest.
        footer: one line at the end.
    """

    title: str
    subtitle: str
    stats: tuple[Stat, ...]
    sections: tuple[Section, ...]
    footer: str = ""


def render(page: Page) -> str:
    """Renders a page as one HTML file that loads nothing; all text is escaped.

    The file's content security policy forbids every load and every script but its own, so that
    not even a mistake in this package could let a program's name act.
    """
    script = _template_text("sort.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("page.html.j2")
        .render(page=page, style=_template_text("style.css"), script=script, script_hash=digest)
    )


def write(page: Page, path: Path) -> None:
    """Renders a page into a file; the file is whole or untouched.

    Raises:
        OSError: the folder is not writable, or the disk is full.
    """
    from mlgo.atomic import write_text

    write_text(path, render(page))


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("mlgo.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template_text(name: str) -> str:
    return resources.files("mlgo.report").joinpath("templates", name).read_text()
