"""The figures of the audit; each is chart(data) -> draw(layout), see figures.py.

Titles are sentences chosen by the data, so that they are true of any run.
"""

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from fma.figures import (
    ACCENT,
    AXIS,
    GRID,
    INK,
    PAPER,
    REGIME_COLOURS,
    REGIME_HATCHES,
    REGIME_MARKERS,
    chart,
    label,
    spread,
)
from fma.regimes import REGIMES

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
def regime_rows(layout, rows, title, xlabel="share of runs"):
    """Stacked shares of the regimes: rows of (name, counts by regime)."""
    figure, axis = layout.figure(title, 0.8 + 0.3 * len(rows))
    for y, (_, counts) in enumerate(rows):
        total, left = sum(counts.values()), 0
        for name in REGIMES:
            part = counts[name] / total if total else 0
            axis.barh(
                y,
                part,
                left=left,
                height=0.72,
                color=REGIME_COLOURS[name],
                lw=0,
                hatch=REGIME_HATCHES[name],
                edgecolor=PAPER,
            )
            if part > 0.08:
                axis.text(
                    left + part / 2,
                    y,
                    f"{counts[name]}",
                    color=PAPER,
                    ha="center",
                    va="center",
                    fontweight="bold",
                    bbox={"facecolor": REGIME_COLOURS[name], "lw": 0, "pad": 1},
                )
            left += part
    axis.set(yticks=range(len(rows)), yticklabels=[row[0] for row in rows])
    axis.set(ylim=(len(rows) - 0.5, -0.9), xlim=(0, 1), xticks=[0, 0.5, 1], xlabel=xlabel)
    axis.set_xticklabels(["0", "½", "all"])
    axis.grid(visible=False)
    used = [n for n in REGIMES if any(counts[n] for _, counts in rows)]
    across = 2 if layout.phone else 4
    for i, name in enumerate(used):
        down, right = divmod(i, across)
        axis.text(
            *((right + 0.02) / across, -0.75 - 0.75 * (down == 0 and len(used) > across)),
            f"■ {name}",
            color=REGIME_COLOURS[name],
            fontweight="bold",
            va="center",
        )
    axis.set_ylim(len(rows) - 0.5, -1.2 - 0.75 * (len(used) > across))
    return figure


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


@chart
def surfaces(layout, named, target):
    """Contours of learned surfaces beside the target's: named arrays (points, points)."""
    across = 2 if layout.phone else min(4, len(named))
    down = -(-len(named) // across)
    title = "What they answer: contours of the network (solid) and of m·a (dotted)"
    figure, axes = layout.figure(
        title, 0.2 + 1.95 * down, down, across, sharex=True, sharey=True, squeeze=False
    )
    side = len(target)
    values = 1 + 9 * (np.arange(side) + 0.5) / side
    for axis, (name, surface, colour) in zip(axes.flat, named, strict=False):
        levels = [10, 30, 50, 70, 90]
        axis.contour(
            values,
            values,
            target.T,
            levels=levels,
            colors=AXIS,
            linewidths=0.9,
            linestyles="dotted",
        )
        axis.contour(values, values, surface.T, levels=levels, colors=colour, linewidths=1.3)
        axis.set_title(name, color=colour)
        axis.set(box_aspect=1, xticks=[1, 5, 10], yticks=[1, 5, 10])
        axis.grid(False)
    for axis in axes.flat[len(named) :]:
        axis.set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("m")
    for axis in axes[:, 0]:
        axis.set_ylabel("a")
    return figure


@chart
def scatter(layout, groups, title, xlabel, ylabel, lines=(), log="", key=True):
    """Points by regime: groups of (regime, x, y); `lines` are (value, text) across."""
    figure, axis = layout.figure(title, 3.4)
    for i, (name, x, y) in enumerate(groups):
        if len(x):
            axis.plot(
                x, y, REGIME_MARKERS[name], color=REGIME_COLOURS[name], ms=4, ls="", alpha=0.8
            )
        if key and len(x):
            axis.text(
                0.01 + 0.25 * i,
                1.02,
                f"{REGIME_SIGNS[name]} {name}",
                color=REGIME_COLOURS[name],
                transform=axis.transAxes,
                fontweight="bold",
            )
    if "x" in log:
        axis.set_xscale("log")
    if "y" in log:
        axis.set_yscale("log")
    for value, text in lines:
        axis.axhline(value, color=INK, lw=0.9, ls=(0, (4, 3)))
        label(
            axis,
            0.99,
            value,
            text,
            color=INK,
            ha="right",
            va="bottom",
            transform=axis.get_yaxis_transform(),
        )
    axis.set(xlabel=xlabel, ylabel=ylabel)
    return figure


REGIME_SIGNS = {"plateau": "●", "dead": "✕", "converge": "▲", "diverged": "◆"}


@chart
def curves(layout, lines, title, xlabel, ylabel, log="", across=()):
    """Lines with direct labels at their ends: (name, x, y, colour, style)."""
    figure, axis = layout.figure(title, 3.4)
    ends = []
    for _, x, y, colour, style in lines:
        axis.plot(x, y, color=colour, ls=style)
        ends.append((x[-1], y[-1]))
    if "x" in log:
        axis.set_xscale("log")
    if "y" in log:
        axis.set_yscale("log")
    low, high = axis.get_ylim()
    scale = (np.log10, lambda v: 10**v) if "y" in log else (np.asarray, np.asarray)
    gap = 0.07 * (scale[0](high) - scale[0](low))
    places = spread([scale[0](y) for _, y in ends], gap)
    for (name, _, _, colour, _), (x, _), place in zip(lines, ends, places, strict=True):
        axis.annotate(
            name,
            (x, scale[1](place)),
            xytext=(4, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            gid="halo",
            annotation_clip=False,
        )
    for value, text in across:
        axis.axhline(value, color=INK, lw=0.9, ls=(0, (4, 3)))
        label(axis, 0.01, value, text, color=INK, va="bottom", transform=axis.get_yaxis_transform())
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.grid(axis="y", color=GRID)
    return figure
