"""The figures of the article's five chapters; each is chart(data) -> draw(layout), see figures.py.

Titles are sentences chosen by the data, so that they are true of any run.
"""

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from fma.figures import (
    ACCENT,
    AXIS,
    GRID,
    INK,
    MUTED,
    PAPER,
    chart,
    dots,
    finite,
    label,
    mark,
    plain_log,
    regime_key,
)
from fma.figures.common import PAIR_LOOKS, pair_key
from fma.figures.common import cost_curves as cost_curves
from fma.figures.common import recorded as recorded
from fma.regimes import regime
from fma.statistics import bootstrap_interval

# 04 ----------------------------------------------------------------------------------------------

LAYER_COLOURS = (AXIS, ACCENT, INK)
LAYER_HATCHES = ("", "////", "")


@chart
def stream_strip(layout, streams):
    """The draws around the first boundaries, one cell a draw, for network A above network B."""
    last_a, last_b = (layer[0].flat[-1] for layer in (_draws(streams, "a"), _draws(streams, "b")))
    first, last = sorted((int(last_a), int(last_b)))
    before, after = (3, 5) if layout.phone else (6, 10)
    cells = (16 if layout.phone else 32) - before - after
    gap = f"W2 starts at draw {last_a + 1:,} for width {_width(streams, 'a')}"
    gap += f" and at draw {last_b + 1:,} for width {_width(streams, 'b')}"
    figure, axis = layout.figure(gap, 1.5)
    shown = np.arange(max(first - before + 1, 0), min(last, first + cells) + after + 1)
    for row, side in enumerate("ab"):
        for draw in shown:
            layer, place = _owner(_draws(streams, side), draw)
            if layer is None:
                continue
            axis.add_patch(
                Rectangle(
                    (draw - 0.46, -row - 0.35),
                    0.92,
                    0.7,
                    facecolor=LAYER_COLOURS[layer % 3],
                    hatch=LAYER_HATCHES[layer % 3],
                    edgecolor=PAPER,
                    lw=0,
                )
            )
            if place == 0:
                y, side_of_text = (-1.42, "top") if row else (0.42, "bottom")
                name = f"W{layer + 1}[0, 0]"
                axis.text(draw - 0.46, y, name, va=side_of_text, color=LAYER_COLOURS[layer % 3])
    axis.set(xlim=(shown[0] - 0.7, shown[-1] + 0.7), ylim=(-1.95, 0.85), yticks=[0, -1])
    axis.set_yticklabels([f"width {_width(streams, side)}" for side in "ab"])
    axis.set_xlabel("number of the draw (grey: W1, hatched: W2)")
    axis.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axis.grid(False)
    axis.spines["left"].set_visible(False)
    return figure


def _draws(streams, side):
    return [getattr(layer, f"draws_{side}") for layer in streams.layers]


def _width(streams, side):
    return getattr(streams, f"shapes_{side}")[0][-1]


def _owner(draws, number):
    for layer, array in enumerate(draws):
        if array.flat[0] <= number <= array.flat[-1]:
            return layer, number - array.flat[0]
    return None, None


@chart
def neuron_links(layout, streams):
    """Neurons of W1 and W2 in network A, joined to the neurons of B that hold the same draws."""
    layers = streams.layers[:2]
    found = [int(layer.whole.sum()) for layer in layers]
    title = "Whole neurons that the two networks share: " + "; ".join(
        f"{layer.name} {n or 'none'} of {len(layer.whole)}"
        for layer, n in zip(layers, found, strict=True)
    )
    figure, axes = layout.figure(title, 3.0, 2, 1)
    for axis, layer in zip(axes, layers, strict=True):
        size_a, size_b = layer.draws_a.shape[-1], layer.draws_b.shape[-1]
        most = max(size_a, size_b)
        whole = np.flatnonzero(layer.whole)
        partners = layer.column_b[whole]
        x = np.column_stack([whole, partners, np.full(len(whole), np.nan)]).ravel()
        y = np.tile([1, 0, np.nan], len(whole))
        axis.plot(x, y, color=ACCENT, lw=0.8, zorder=1)
        for y, size, kept in ((1, size_a, whole), (0, size_b, partners)):
            lone = np.setdiff1d(np.arange(size), kept)
            dots(axis, kept, np.full(len(kept), y), 3.4, ACCENT)
            dots(axis, lone, np.full(len(lone), y), 3.4, AXIS)
            dots(axis, lone, np.full(len(lone), y), 1.8, PAPER)
        axis.set(xlim=(-1, most), ylim=(-0.2, 1.2), yticks=[1, 0], title=f"neurons of {layer.name}")
        axis.set_yticklabels([f"width {_width(streams, side)}" for side in "ab"])
        axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axis.spines[["left", "bottom"]].set_visible(False)
        axis.grid(False)
    axes[-1].set_xlabel("column (filled and joined: the same draws; hollow: no counterpart)")
    if layout.phone:
        axes[-1].set_xlabel("column (joined: the same draws)")
    return figure


# 05 ----------------------------------------------------------------------------------------------


@chart
def long_pair(layout, first, second):
    """Cost and share of negative pre-activations of two long runs."""
    pair = first, second
    title = f"Widths {first.width} and {second.width} trained for {first.recipe.epochs:,} epochs"
    shape = (4, 1) if layout.phone else (2, 2)
    figure, axes = layout.figure(title, 6.4 if layout.phone else 4.0, *shape, sharex=True)
    axes = axes.ravel()
    for trace, (colour, line) in zip(pair, PAIR_LOOKS, strict=True):
        epochs = np.unique(np.geomspace(1, len(trace.cost), 200).astype(int)) - 1
        shown = epochs[np.isfinite(trace.cost[epochs])]
        style = {"color": colour, "ls": line, "lw": 1.3}
        axes[0].plot(shown + 1, trace.cost[shown], **style)
        axes[1].plot(shown + 1, trace.gradient_norm[shown, 1], **style)
        for layer in (1, 2):
            share = 100 * trace.detail[f"Z{layer}_negative"]
            axes[1 + layer].plot(trace.detail["epoch"] + 1, share, **style)
    names = "cost (log scale)", "‖dW2‖ (log scale)"
    for axis, name in zip(axes[:2], names, strict=True):
        axis.set_title(name)
        low, high = axis.get_ylim()
        if low < high and all(len(line.get_xdata()) > 1 for line in axis.lines):
            axis.set_yscale("log")
            plain_log(axis.yaxis, *axis.get_ylim())
    for layer in (1, 2):
        axes[1 + layer].set(title=f"layer {layer}: negative pre-activations, %", ylim=(0, 100))
    for axis in axes if layout.phone else axes[2:]:
        axis.set(xscale="log")
        plain_log(axis.xaxis, 1, max(2, *(len(t.cost) for t in pair)))
    axes[-1].set_xlabel("epoch, counted from 1 (log scale)")
    pair_key(figure, [t.width for t in pair])
    return figure


@chart
def paired_runs(layout, seeds, first, second, widths, focal):
    """Every seed's two final costs, joined, in the order of their difference."""
    seeds, first, second = map(np.asarray, (seeds, first, second))
    with np.errstate(invalid="ignore"):
        difference = np.where(first == second, 0.0, second - first)
    order = np.argsort(difference, kind="stable")
    lower = int((difference < 0).sum()), int((difference > 0).sum())
    title = (
        f"Width {widths[1]} ends lower for {lower[0]} seeds, width {widths[0]} for {lower[1]}"
        f" of {len(seeds)}"
    )
    figure, axis = layout.figure(title, 0.8 + 0.155 * len(seeds))
    for row, i in enumerate(order):
        axis.plot((first[i], second[i]), (row, row), color=GRID, lw=2.2, zorder=1)
    rows = np.arange(len(seeds))
    style = {"ls": "", "ms": 5.5, "zorder": 3}
    axis.plot(first[order], rows, "o", color=INK, **style)
    axis.plot(second[order], rows, "D", mfc=PAPER, mec=ACCENT, mew=1.4, **style | {"ms": 5})
    axis.set(yticks=rows, ylim=(len(seeds) - 0.4, -1.5), ylabel="seed", xlabel="final cost")
    labels = axis.set_yticklabels([str(seeds[i]) for i in order])
    for text, i in zip(labels, order, strict=True):
        if seeds[i] == focal:
            text.set(color=INK, fontweight="bold")
    top = order[0]
    for value, width, colour, side in (
        (first[top], widths[0], INK, first[top] >= second[top]),
        (second[top], widths[1], ACCENT, first[top] < second[top]),
    ):
        if np.isfinite(value):
            align = "left" if side else "right"
            label(axis, value, -0.75, f"width {width}", color=colour, ha=align, va="center")
    axis.grid(axis="y", visible=False)
    axis.grid(axis="x", visible=True)
    return figure


@chart
def difference_dots(layout, paired, margin, focal):
    """Every paired difference, their mean with its bootstrap interval, and the margin."""
    d = finite(paired.differences)
    low, high = paired.interval()
    inside = np.isfinite(low) and -margin < low and high < margin
    title = (
        "The mean difference is not defined: a run diverged"
        if not paired.finite
        else f"The interval of the mean difference lies {'' if inside else 'not '}within the margin"
    )
    figure, axis = layout.figure(title, 1.45)
    axis.axvspan(-margin, margin, color=GRID, lw=0, zorder=0)
    axis.axvline(0, color=MUTED, lw=0.8, zorder=1)
    label(axis, 0, 1.72, f"margin ±{margin:g}", ha="center", va="top", color=MUTED, halo=False)
    heights = _heights(d, 0.022 * max(np.ptp(d), 2 * margin) if len(d) else 1)
    axis.plot(d, 0.45 + 0.16 * heights, "o", ms=4.5, color=ACCENT, ls="")
    if focal is not None and np.isfinite(focal):
        axis.annotate(
            "the article's seed",
            (focal, 0.45 + 0.16 * heights[np.argmin(np.abs(d - focal))]),
            xytext=(0, 13),
            textcoords="offset points",
            ha="center",
            gid="halo",
            arrowprops={"arrowstyle": "-", "color": INK, "lw": 0.7},
        )
    if np.isfinite(low):
        axis.plot((low, high), (0, 0), color=INK, lw=2.4)
        axis.plot(paired.mean, 0, "D", color=INK, ms=6)
        label(axis, high, 0, "mean, 95% interval", shift=5, va="center")
    axis.set(yticks=[], ylim=(-0.4, 1.75), xlabel="difference of final costs, second − first")
    axis.spines["left"].set_visible(False)
    axis.grid(axis="x", visible=True)
    return figure


def _heights(values, width):
    """For each value the number of earlier values that it would overlap if drawn at level 0."""
    heights = np.zeros(len(values))
    order = np.argsort(values, kind="stable")
    ends = []
    for i in order:
        level = next((k for k, end in enumerate(ends) if values[i] - end >= width), len(ends))
        ends[level : level + 1] = [values[i]]
        heights[i] = level
    return heights


@chart
def margin_curve(layout, paired, margin, alpha=0.05):
    """The equivalence test's p-value as a function of the margin."""
    smallest = paired.smallest_margin(alpha)
    known = np.isfinite(smallest)
    title = (
        f"Equivalent to within any margin above {smallest:.2f}"
        if known
        else "No equivalence can be tested: a run diverged or there are too few"
    )
    figure, axis = layout.figure(title, 2.0)
    margins = np.linspace(0.02, 1.6 * max(margin, smallest if known else 0), 80)
    p = [paired.equivalence_p(m) for m in margins]
    axis.plot(margins, p, color=INK)
    axis.axhline(alpha, color=AXIS, lw=0.8, ls=(0, (4, 3)))
    label(axis, margins[-1], alpha, f"{alpha:g}", ha="right", va="bottom", color=MUTED)
    axis.axvline(margin, color=ACCENT, lw=1)
    label(axis, margin, 0.92, "stated margin", shift=4, color=ACCENT)
    axis.set(xlabel="margin (difference of mean final costs)", ylabel="p of equivalence")
    axis.set(xlim=(0, margins[-1]), ylim=(0, 1))
    return figure


@chart
def width_runs(layout, traces, title):
    """Every run's final cost against its width, with means and bootstrap intervals."""
    figure, axis = layout.figure(title, 3.0)
    widths = sorted({t.width for t in traces})
    for place, width in enumerate(widths):
        runs = [t for t in traces if t.width == width]
        costs = np.array([t.cost[-1] for t in runs])
        low, high = bootstrap_interval(costs)
        if np.isfinite(low):
            axis.plot((place, place), (low, high), color=GRID, lw=7, zorder=1)
            axis.plot((place - 0.3, place + 0.3), [costs.mean()] * 2, color=INK, lw=1.6, zorder=2)
        for run, offset in zip(runs, np.linspace(-0.2, 0.2, len(runs)), strict=True):
            name = regime(run)
            if name == "diverged":
                where = {"transform": axis.get_xaxis_transform(), "clip_on": False}
                mark(axis, place + offset, 1.02, name, ms=4, **where)
            else:
                mark(axis, place + offset, run.cost[-1], name, ms=4.5, zorder=3)
    axis.set(xticks=range(len(widths)), xticklabels=[str(w) for w in widths], ylim=(0, None))
    axis.set(xlabel="width", ylabel="final cost", xlim=(-0.6, len(widths) - 0.4))
    if layout.phone:
        axis.tick_params(axis="x", labelrotation=90)
    regime_key(figure, {regime(t) for t in traces})
    return figure


@chart
def sweep_curve(layout, traces, chosen):
    """The costs of the chosen run among those of the others."""
    figure, axis = layout.figure(
        f"Width {chosen.width}, seed {chosen.seed}: final cost {chosen.cost[-1]:.2f}", 2.4
    )
    for trace in [*traces, chosen]:
        epochs = np.unique(np.geomspace(1, len(trace.cost), 200).astype(int))
        style = {"color": ACCENT, "lw": 2} if trace is chosen else {"color": AXIS, "lw": 0.6}
        axis.plot(epochs, trace.cost[epochs - 1], **style)
    axis.set(xscale="log", yscale="log", xlabel="epoch (log scale)", ylabel="cost (log scale)")
    return figure
