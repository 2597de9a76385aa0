"""The figures of the audit; each is chart(data) -> draw(layout), see figures.py.

Titles are sentences chosen by the data, so that they are true of any run.
"""

from itertools import pairwise

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from fma.figures import (
    ACCENT,
    AXIS,
    GRID,
    INK,
    MUTED,
    PAPER,
    REGIME_COLOURS,
    REGIME_HATCHES,
    REGIME_LINES,
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
def updates(layout, widths, results):
    """Cost and η λ before each of the first updates, one line a width."""
    above = sum(r["eta_sharpness"][0] > LIMIT for r in results)
    title = f"{above or 'None'} of {len(results)} widths start above the limit of stability"
    shape, height = ((2, 1), 5.4) if layout.phone else ((1, 2), 3.3)
    figure, axes = layout.figure(title, height, *shape)
    for axis, name in zip(axes, ("eta_sharpness", "cost"), strict=True):
        ends = []
        for result in results:
            regime, values = result["regime"], np.maximum(result[name], 1e-4)
            style = {"color": REGIME_COLOURS[regime], "ls": REGIME_LINES[regime]}
            axis.plot(values, marker=REGIME_MARKERS[regime], ms=3, lw=1.3, **style)
            ends.append(np.log10(values[-1]))
        axis.set(yscale="log", xlabel="update")
        places = spread(ends, 0.06 * (max(ends) - min(ends) + 3))
        for result, width, place in zip(results, widths, places, strict=True):
            text, colour = f"{width}", REGIME_COLOURS[result["regime"]]
            label(axis, len(result[name]) - 0.6, 10**place, text, color=colour, va="center")
        axis.set_xlim(-0.3, max(len(r[name]) for r in results) + 0.7)
    axes[0].axhline(LIMIT, color=INK, lw=0.9, ls=(0, (4, 3)))
    label(axes[0], 4.5, LIMIT * 1.1, "limit 2", color=INK)
    axes[0].set_title("learning rate × sharpness")
    axes[1].set_title("cost")
    return figure


@chart
def collapse(layout, rows, border):
    """Share of each regime against η λ₀, with intervals, and the first border."""
    title = "One number sorts the endings: learning rate × sharpness at the start"
    if border is None:
        title = "Endings against learning rate × sharpness at the start"
    figure, axis = layout.figure(title, 3.7)
    rows = [row for row in rows if row["runs"]]
    middle = np.array([np.sqrt(max(row["low"], row["high"] / 2) * row["high"]) for row in rows])
    places = []
    for name in REGIMES:
        share = np.array([row[name][0] / row["runs"] for row in rows])
        if not share.any():
            continue
        band = np.array([row[name][1:] for row in rows]).T
        colour = REGIME_COLOURS[name]
        axis.fill_between(middle, *band, color=colour, alpha=0.18, lw=0)
        axis.plot(middle, share, color=colour, ls=REGIME_LINES[name])
        axis.plot(middle, share, REGIME_MARKERS[name], color=colour, ms=4)
        peak = int(np.argmax(share * (1 + 0.2 * (np.arange(len(share)) < len(share) / 2))))
        places.append((name, middle[peak], share[peak]))
    for name, x, y in places:
        label(axis, x, y + 0.035, name, color=REGIME_COLOURS[name], ha="center", fontweight="bold")
    axis.set(xscale="log", ylim=(-0.02, 1.13), yticks=[0, 0.5, 1], xlabel="η λ₀")
    axis.set(yticklabels=["0", "½", "all"], ylabel="share of runs")
    _ticks(axis, [v for v in (0.5, 1, 2, 3, 4, 6, 10, 15, 25) if middle[0] <= v <= middle[-1]])
    axis.axvline(LIMIT, color=MUTED, lw=0.9, ls=(0, (1, 2)))
    label(
        axis,
        LIMIT * 0.985,
        0.5,
        "classic limit 2",
        color=MUTED,
        rotation=90,
        ha="right",
        va="center",
    )
    if border is not None:
        axis.axvspan(border.low, border.high, color=ACCENT, alpha=0.35, lw=0)
        text = f"border {border.at:.2f}"
        label(
            axis, border.at * 0.975, 0.5, text, color=ACCENT, rotation=90, ha="right", va="center"
        )
    return figure


def _strips(matrix, x_edges, y_edges, value):
    """All cells of a matrix that equal a value, as one path of horizontal strips."""
    vertices, codes = [], []
    for row, (bottom, top) in zip(matrix, pairwise(y_edges), strict=True):
        inside = np.concatenate([[0], (row == value).astype(int), [0]])
        for first, last in np.flatnonzero(np.diff(inside)).reshape(-1, 2):
            a, b = x_edges[first], x_edges[last]
            vertices += [(a, bottom), (b, bottom), (b, top), (a, top), (a, bottom)]
            codes += [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY]
    path = Path(vertices, codes) if vertices else None
    if path is not None:
        path.should_simplify = False
    return path


@chart
def phase(layout, widths, rates, regimes, sharpness, border, marked=()):
    """The regime of every width and learning rate; `regimes` is an array (widths, rates)."""
    counts = [(regimes == name).sum() for name in REGIMES]
    shown = sum(count > 0 for count in counts)
    title = f"{regimes.size:,} networks, one seed: where learning rate and width lead"
    if shown == 1:
        title += f"; all to the {REGIMES[int(np.argmax(counts))]}"
    figure, axis = layout.figure(title, 5.4 if layout.phone else 5.6)
    step = np.sqrt(rates[1] / rates[0])
    y_edges = np.concatenate([[rates[0] / step], rates * step])
    x_edges = np.concatenate([widths - 0.5, [widths[-1] + 0.5]])
    for name in REGIMES:
        path = _strips(regimes.T, x_edges, y_edges, name)
        if path is not None:
            axis.add_patch(PathPatch(path, facecolor=REGIME_COLOURS[name], lw=0))
    axis.set(yscale="log", xlim=x_edges[[0, -1]], ylim=y_edges[[0, -1]])
    axis.set(xlabel="neurons of layer 1", ylabel="learning rate η")
    axis.grid(False)
    axis.yaxis.set_major_locator(FixedLocator(_decades(rates)))
    axis.yaxis.set_major_formatter(FuncFormatter(_scientific))
    axis.yaxis.set_minor_locator(NullLocator())
    levels = [(LIMIT, "η λ₀ = 2")] + ([(border.at, f"{border.at:.2f}")] if border else [])
    for level, text in levels:
        axis.plot(widths, level / sharpness, color=INK, lw=1.0, ls=(0, (4, 2)))
        x = widths[0] + 0.07 * (widths[-1] - widths[0])
        y = np.interp(x, widths, level / sharpness)
        if y_edges[0] < y < y_edges[-1]:
            label(
                axis,
                x,
                y * (0.97 if level == LIMIT else 1.02),
                text,
                color=INK,
                va="top" if level == LIMIT else "bottom",
            )
    for width, rate in marked:
        axis.plot(width, rate, "o", mfc="none", mec=PAPER, mew=2.6, ms=6)
        axis.plot(width, rate, "o", mfc="none", mec=INK, mew=1.2, ms=6)
    for name in REGIMES:
        spot = _heart(regimes == name)
        if spot is not None:
            label(
                axis,
                widths[spot[0]],
                rates[spot[1]],
                name,
                color=INK,
                ha="center",
                va="center",
                fontweight="bold",
            )
    return figure


def _decades(values):
    """1, 2 and 5 times powers of ten within the values."""
    powers = 10.0 ** np.arange(np.floor(np.log10(values[0])), np.ceil(np.log10(values[-1])) + 1)
    return [p * f for p in powers for f in (1, 2, 5) if values[0] <= p * f <= values[-1]]


def _heart(inside):
    """The place furthest inside a region, by distance; None if it is no larger than a speck."""
    from scipy.ndimage import distance_transform_edt

    if inside.sum() < 0.01 * inside.size:
        return None
    padded = np.pad(inside, 1)
    distance = distance_transform_edt(padded, sampling=(1, 1.5))[1:-1, 1:-1]
    return np.unravel_index(np.argmax(distance), distance.shape)


@chart
def losses(layout, rows, title):
    """A dot with its interval for each model: rows of (name, value, low, high, marked)."""
    figure, axis = layout.figure(title, 0.7 + 0.27 * len(rows))
    for y, (_, value, low, high, marked) in enumerate(rows):
        colour = ACCENT if marked else INK
        axis.plot((low, high), (y, y), color=colour, lw=1.4)
        axis.plot(value, y, "o", color=colour)
        label(axis, high, y, f"{value:.2f}", shift=4, va="center", color=colour)
    axis.set(yticks=range(len(rows)), yticklabels=[row[0] for row in rows])
    axis.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0, 1.15 * max(row[3] for row in rows)))
    axis.grid(axis="y", visible=False)
    axis.grid(axis="x", visible=True)
    axis.set_xlabel("surprise left, bits a run")
    return figure


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
