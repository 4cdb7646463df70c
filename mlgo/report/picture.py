"""Pictures of a report: matplotlib figures as inline SVG that follows the page's colours."""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Figures are drawn in these colours; each becomes the page's CSS variable of that name, which
# differs between light and dark mode.
INK = "#010101"
MUTED = "#020202"
GRID = "#030303"
BETTER = "#040404"
WORSE = "#050505"
PAPER = "#060606"
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    BETTER: "--better",
    WORSE: "--worse",
    PAPER: "--paper",
}
_WIDTH = 9.0  # inches
_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9,
    "axes.spines.bottom": False,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": True,
    "font.size": 10,
    "grid.color": GRID,
    "hatch.color": PAPER,
    "legend.framealpha": 0,
    "svg.fonttype": "none",  # text stays text: found by searching, set in the page's font
    "text.color": INK,
    "text.parse_math": False,  # "$" in a name is no formula
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes:
        svg: an <svg> element, from `draw`.
        caption: shown below it.
        alt: what it says, in words, for those who do not see it.
    """

    svg: str
    caption: str
    alt: str
    kind: Literal["picture"] = "picture"


def draw(name: str, height: float, paint: Callable[[Axes], None]) -> str:
    """Returns a figure of one pair of axes as an <svg> element: same input, same bytes.

    Args:
        name: unique on the page; prefixes the element's ids.
        height: in inches; the width is the page's.
        paint: draws into the axes, in this module's colours.
    """
    import matplotlib
    from matplotlib.figure import Figure

    metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
    out = io.StringIO()
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the page's fonts may well have it
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        paint(figure.add_subplot())
        figure.savefig(out, format="svg", metadata=metadata, transparent=True)
    return _adapt(out.getvalue(), name)


def _adapt(svg: str, name: str) -> str:
    """Leaves the <svg> element alone, its ids unique on the page and its colours the page's."""
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in [c for c in parent if _local(c.tag) in ("metadata", "style")]:
            parent.remove(child)
    for element in root.iter():
        element.tag = _local(element.tag)
        attributes = {_local(key): value for key, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update(_adapt_attributes(attributes, name))
    return ElementTree.tostring(root, encoding="unicode").strip()


def _local(name: str) -> str:
    """A name without its XML namespace."""
    return name.rpartition("}")[2]


def _adapt_attributes(attributes: dict[str, str], name: str) -> dict[str, str]:
    # CSS variables work in a style only, not in an attribute such as fill="...".
    styles = [f"{key}: {attributes.pop(key)}" for key in ("fill", "stroke") if key in attributes]
    styles += [attributes.pop("style")] if "style" in attributes else []
    if "id" in attributes:
        attributes["id"] = f"{name}-{attributes['id']}"
    attributes = {key: _adapt_reference(value, name) for key, value in attributes.items()}
    if styles:
        style = re.sub(r"font: ([\d.]+px)[^;]*", r"font-size: \1", "; ".join(styles))
        for colour, variable in _VARIABLES.items():
            style = style.replace(colour, f"var({variable})")
        attributes["style"] = _adapt_reference(style, name)
    return attributes


def _adapt_reference(value: str, name: str) -> str:
    return re.sub(r"^#|(?<=url\()#", f"#{name}-", value)
