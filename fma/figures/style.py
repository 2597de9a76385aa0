"""The drawing kit: colours and marks, the two layouts, labels, dots, axes.

A figure is a function ``draw(layout)`` that returns a matplotlib Figure; `chart` makes one of a
function of a layout and data.
"""

import textwrap
from dataclasses import dataclass
from functools import wraps
from importlib import resources

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import NullFormatter, NullLocator
from matplotlib.transforms import offset_copy

from fma.regimes import REGIMES

MOST_POWERS = 10  # of ten that an axis labels
STYLE = str(resources.files("fma.figures") / "figures.mplstyle")

# Every colour that the theme may change: its name, on a light page, on a dark page.
THEME = {
    "paper": ("#ffffff", "#121212"),
    "ink": ("#1f2328", "#e6e8eb"),
    "muted": ("#59636e", "#a9b1ba"),
    "axis": ("#8b949e", "#767e87"),
    "grid": ("#d8dee4", "#343a41"),
    "accent": ("#8a3f8f", "#d69ae0"),
    "plateau": ("#0b62a8", "#5fb0f2"),
    "dead": ("#b8430a", "#f58b4c"),
    "converge": ("#00806a", "#4ccfae"),
    "diverged": ("#5d5d5d", "#b4b4b4"),
}
PAPER, INK, MUTED, AXIS, GRID, ACCENT = (light for light, _ in list(THEME.values())[:6])

# One colour per regime, and a marker, a line and a hatch so that colour is never the only sign.
REGIME_COLOURS = {name: THEME[name][0] for name in ("plateau", "dead", "converge", "diverged")}
REGIME_MARKERS = {"plateau": "o", "dead": "X", "converge": "^", "diverged": "D"}
REGIME_LINES = {"plateau": "-", "dead": (0, (5, 2)), "converge": (0, (1.2, 1.4)), "diverged": "-."}
REGIME_HATCHES = {"plateau": "", "dead": "xxxx", "converge": "////", "diverged": "----"}

# One colour per ending: an answer has the colour of the regime that the article names most like it.
ENDING_COLOURS = {
    "line": THEME["plateau"][0],
    "few": THEME["converge"][0],
    "leak": MUTED,
    "frozen": THEME["dead"][0],
    "bent": AXIS,
    "learning": ACCENT,
    "diverged": THEME["diverged"][0],
}
ENDING_HATCHES = {"diverged": "////"}  # its grey is not far from that of "leak"


@dataclass(frozen=True)
class Layout:
    """The place a figure is drawn for."""

    name: str
    width: float  # inches; text of 9 points is then 12 px high or more on the page
    columns: int  # letters that fit into a line of a title

    @property
    def phone(self):
        """Whether the place is narrow."""
        return self is PHONE

    def figure(self, title, height, *subplots, **options):
        """A Figure `height` inches high below its title, and its axes (see Figure.subplots)."""
        figure = self.blank(title, height)
        return figure, figure.subplots(*subplots, **options)

    def blank(self, title, height):
        """A Figure `height` inches high below its title, without axes."""
        lines = textwrap.wrap(title.replace("η λ", "η\N{NO-BREAK SPACE}λ"), self.columns)
        figure = Figure(figsize=(self.width, height + 0.18 * len(lines)))
        figure.suptitle("\n".join(lines), x=0.005, ha="left")
        return figure


DESK = Layout("desk", 7.2, 84)
PHONE = Layout("phone", 3.6, 40)


def chart(function):
    """Turn function(layout, *data) into a function of the data that returns draw(layout)."""

    @wraps(function)
    def of(*data, **options):
        return lambda layout: function(layout, *data, **options)

    return of


def spread(values, gap):
    """Move `values` apart until neighbours are at least `gap` from each other, keeping the order.

    The sum of squared moves is the least possible: runs of crowded values are centred as a block.
    """
    order = np.argsort(values, kind="stable")
    blocks = []  # [sum of targets, count]
    for i, value in enumerate(np.asarray(values, dtype=float)[order]):
        blocks.append([value - i * gap, 1])
        while len(blocks) > 1 and blocks[-1][0] / blocks[-1][1] < blocks[-2][0] / blocks[-2][1]:
            total, number = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += number
    placed = np.repeat([total / number for total, number in blocks], [n for _, n in blocks])
    result = np.empty(len(order))
    result[order] = placed + gap * np.arange(len(order))
    return result


def dots(axes, x, y, size, colour):
    """Many dots as one small path: round caps on lines of hardly any length.

    Of no length at all a line has no caps in a PNG.
    """
    vertices = np.repeat(np.column_stack([x, y]).astype(float), 2, axis=0)
    if len(vertices):
        reach = np.ptp(vertices, axis=0)
        vertices[1::2] += 1e-7 * np.where(reach > 0, reach, 1 + np.abs(vertices[0]))
    path = Path(vertices, [Path.MOVETO, Path.LINETO] * len(x))
    path.should_simplify = False
    patch = PathPatch(path, facecolor="none", edgecolor=colour, linewidth=size, capstyle="round")
    patch.set_snap(False)
    axes.add_patch(patch)
    return patch


def finite(values):
    """Those of the values that are finite."""
    values = np.asarray(values, dtype=float)
    return values[np.isfinite(values)]


def label(axes, x, y, text, *, shift=0, halo=True, **options):
    """Write a direct label; its halo in the page's colour keeps it readable where it crosses.

    `shift` moves it right of the data point (x, y), by that many points.
    """
    if shift:
        options["transform"] = offset_copy(axes.transData, axes.figure, shift, units="points")
    return axes.text(x, y, text, gid="halo" if halo else None, **options)


def plain_log(axis, low, high):
    """Label a log axis 1, 10, 100 … in plain numbers: finer where it spans little, else coarser."""
    first, last = np.log10([low, high])
    steps = (1, 2, 5) if last - first < 2.5 else (1,)
    apart = 1 + int(last - first) // MOST_POWERS
    powers = range(apart * int(first // apart), int(np.ceil(last)) + 1, apart)
    ticks = [s * 10.0**p for p in powers for s in steps if low <= s * 10.0**p <= high]
    axis.set_ticks(ticks, [f"{tick:,g}" if tick < 1e6 else f"{tick:.0e}" for tick in ticks])
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def mark(axis, x, y, name, **options):
    """One mark in the colour and shape of a regime."""
    axis.plot(x, y, REGIME_MARKERS[name], color=REGIME_COLOURS[name], mec=PAPER, mew=0.5, **options)


def regime_key(figure, found):
    """One line below the figure that names the marks of the regimes found."""
    marks = [
        Line2D([], [], marker=REGIME_MARKERS[name], color=REGIME_COLOURS[name], ls="", label=name)
        for name in REGIMES
        if name in found
    ]
    figure.legend(handles=marks, loc="outside lower left", ncols=4, frameon=False, handlelength=1)


def line_key(figure, found):
    """One line below the figure that names the lines of the regimes found."""
    lines = [
        Line2D([], [], ls=REGIME_LINES[name], color=REGIME_COLOURS[name], label=name)
        for name in REGIMES
        if name in found
    ]
    figure.legend(handles=lines, loc="outside lower left", ncols=4, frameon=False)
