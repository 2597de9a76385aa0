"""The figures of the audit; each is chart(data) -> draw(layout), see figures.py.

Titles are sentences chosen by the data, so that they are true of any run.
"""

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from fma.figures import (
    ACCENT,
    AXIS,
    INK,
    chart,
    label,
)

LIMIT = 2  # of η λ, above which gradient descent is unstable on a quadratic


def _ticks(axis, values, which="x"):
    """Plain numbers at these places of a logarithmic axis."""
    side = axis.xaxis if which == "x" else axis.yaxis
    side.set_major_locator(FixedLocator(values))
    side.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    side.set_minor_locator(NullLocator())
    side.set_minor_formatter(NullFormatter())


def _scientific(value, _=None):
    power = int(np.floor(np.log10(value) + 1e-9))
    factor = value / 10.0**power
    small = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{factor:.0f}·10{small}" if round(factor) != 1 else f"10{small}"


@chart
def bars(layout, rows, title, xlabel, write="{:.0%}"):
    """Plain horizontal bars: rows of (name, value, marked)."""
    figure, axis = layout.figure(title, 0.7 + 0.28 * len(rows))
    highest = max([row[1] for row in rows] + [1e-12])
    for y, (_, value, marked) in enumerate(rows):
        axis.barh(y, value, height=0.66, color=ACCENT if marked else AXIS, lw=0)
        label(axis, value, y, write.format(value), shift=4, va="center", color=INK)
    axis.set(yticks=range(len(rows)), yticklabels=[row[0] for row in rows], xlabel=xlabel)
    axis.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0, 1.2 * highest))
    axis.grid(axis="y", visible=False)
    axis.grid(axis="x", visible=True)
    return figure


REGIME_SIGNS = {"plateau": "●", "dead": "✕", "converge": "▲", "diverged": "◆"}
