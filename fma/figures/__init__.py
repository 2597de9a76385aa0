"""The figures: data in, a picture out that suits desk and phone, light page and dark.

A figure is a function `draw(layout)` that returns a matplotlib Figure; `chart` makes one of data.
`html` draws it for the desk and for the phone as inline SVG whose colours are the page's, `png` for
viewers that strip SVG, and `save` writes it to files, one for light pages and one for dark.
"""

from fma.figures.png import png
from fma.figures.style import (
    ACCENT,
    AXIS,
    DESK,
    ENDING_COLOURS,
    ENDING_HATCHES,
    GRID,
    INK,
    MUTED,
    PAPER,
    PHONE,
    REGIME_COLOURS,
    REGIME_HATCHES,
    REGIME_LINES,
    REGIME_MARKERS,
    THEME,
    Layout,
    chart,
    dots,
    finite,
    label,
    line_key,
    mark,
    plain_log,
    regime_key,
    spread,
)
from fma.figures.svg import html, inline, save
from fma.figures.words import fixed, listing

__all__ = [
    "ACCENT",
    "AXIS",
    "DESK",
    "ENDING_COLOURS",
    "ENDING_HATCHES",
    "GRID",
    "INK",
    "MUTED",
    "PAPER",
    "PHONE",
    "REGIME_COLOURS",
    "REGIME_HATCHES",
    "REGIME_LINES",
    "REGIME_MARKERS",
    "THEME",
    "Layout",
    "chart",
    "dots",
    "finite",
    "fixed",
    "html",
    "inline",
    "label",
    "line_key",
    "listing",
    "mark",
    "plain_log",
    "png",
    "regime_key",
    "save",
    "spread",
]
