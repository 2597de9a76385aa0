"""The figures of the article's five chapters; each is chart(data) -> draw(layout), see figures.py.

Titles are sentences chosen by the data, so that they are true of any run.
"""

import numpy as np
from matplotlib.colors import SymLogNorm
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from fma.baselines import best_affine
from fma.figures import (
    ACCENT,
    AXIS,
    GRID,
    INK,
    MUTED,
    PAPER,
    REGIME_COLOURS,
    REGIME_HATCHES,
    REGIME_MARKERS,
    chart,
    dots,
    finite,
    label,
    listing,
    mark,
    plain_log,
    regime_key,
)
from fma.figures.common import BASELINES, PAIR_LOOKS, bars, pair_key
from fma.figures.common import cost_curves as cost_curves
from fma.figures.common import recorded as recorded
from fma.regimes import REGIMES, participation_ratio, regime
from fma.statistics import bootstrap_interval

# 01 ----------------------------------------------------------------------------------------------


@chart
def task_surface(layout, task):
    """The target with the data, the best affine fit, and what that fit misses."""
    b, c, d = best_affine(task)
    grid = np.linspace(1, 10, 46)
    m, a = np.meshgrid(grid, grid)
    target, plane = m * a, b * m + c * a + d
    figure = layout.blank("A plane follows the slope of m·a but misses its twist", 2.75)
    mosaic = "tpr"
    if layout.phone:
        figure.set_size_inches(layout.width, 5.2)
        mosaic = "tt;pr"
    axes = figure.subplot_mosaic(mosaic, sharex=True, sharey=True)
    levels = np.arange(-20, 100, 20)
    dots(axes["t"], *task.x_train.T, 1.8, AXIS)
    dots(axes["t"], *task.x_val.T, 1.8, ACCENT)
    _contours(axes["t"], m, a, target, levels, INK)
    _contours(axes["p"], m, a, plane, levels)
    left = target - plane
    bound = np.abs(left).max()
    axes["r"].imshow(
        left,
        extent=(1, 10, 1, 10),
        origin="lower",
        cmap="PuOr_r",
        vmin=-1.3 * bound,
        vmax=1.3 * bound,
        interpolation="none",
    )
    _contours(axes["r"], m, a, left, [-15, -10, -5, 0, 5, 10, 15], "black")
    for name, text in (("t", "m·a and the pairs"), ("p", "best plane"), ("r", "m·a − plane")):
        axes[name].set(title=text, box_aspect=1, xlim=(1, 10), ylim=(1, 10))
        axes[name].set(xticks=[1, 4, 7, 10], yticks=[1, 4, 7, 10], xlabel="m")
        axes[name].grid(False)
    axes["t"].set_ylabel("a")
    if layout.phone:
        axes["p"].set_ylabel("a")
        axes["t"].set_xlabel("")
    return figure


def _contours(axes, m, a, values, levels, colour=MUTED):
    lines = axes.contour(m, a, values, levels=levels, colors=colour, linewidths=0.9)
    axes.clabel(lines, fmt=lambda value: f"{value:.0f}".replace("-", "−"), fontsize=8.5)


@chart
def recipe_costs(layout, traces, baselines):
    """Final costs of every width under each recipe (name to traces) beside the baselines."""
    names = list(traces)
    spans = [_span(np.array([t.cost[-1] for t in traces[name]])) for name in names]
    title = "Final costs: " + "; ".join(f"{n} {s}" for n, s in zip(names, spans, strict=True))
    rows = max(map(len, traces.values()))
    figure, axes = layout.figure(
        title, 0.95 + len(names) * (0.3 + 0.15 * rows), len(names), 1, sharex=True, squeeze=False
    )
    for axis, name in zip(axes[:, 0], names, strict=True):
        for cost in baselines.values():
            axis.axvline(cost, color=AXIS, lw=0.8, ls=(0, (4, 3)), zorder=0)
        for row, trace in enumerate(traces[name]):
            mark(axis, trace.cost[-1], row, regime(trace), zorder=3)
        widths = [str(t.width) for t in traces[name]]
        axis.set(yticks=range(len(widths)), yticklabels=widths, xscale="log")
        axis.set_title(name, pad=20 if axis is axes[0, 0] else 6)
        axis.set(ylim=(len(widths) - 0.4, -0.6), ylabel="width")
        axis.grid(axis="x", visible=False)
    low, high = axes[0, 0].get_xlim()
    axes[0, 0].set_xlim(low / 1.05, high * 1.05)
    plain_log(axes[-1, 0].xaxis, low, high)
    axes[-1, 0].set_xlabel("final cost (log scale)")
    _name_baselines(axes[0, 0], baselines)
    regime_key(figure, {regime(t) for name in names for t in traces[name]})
    return figure


def _name_baselines(axis, baselines):
    for name, cost in baselines.items():
        place = axis.get_xaxis_transform()
        label(axis, cost, 1.02, BASELINES[name], transform=place, ha="center", color=MUTED)


def _span(costs):
    low, high = finite(costs).min(initial=np.inf), finite(costs).max(initial=-np.inf)
    if not np.isfinite(low):
        return "all diverged"
    return f"{low:,.0f} to {high:,.0f}"


# 02 ----------------------------------------------------------------------------------------------


@chart
def cost_bars(layout, traces, baselines):
    """Final cost of each width."""
    costs = np.array([t.cost[-1] for t in traces])
    line = baselines["origin"]
    below = int((costs < line).sum())
    title = f"{below or 'No'} of {len(costs)} widths end below the best line through the origin"
    figure, axis = layout.figure(title, 0.8 + 0.28 * len(traces))
    bars(axis, traces, costs, lambda value: f"{value:,.0f}")
    axis.set_xlabel("final cost")
    _, high = axis.get_xlim()
    for cost in baselines.values():
        if cost < high:
            axis.axvline(cost, color=AXIS, lw=0.8, ls=(0, (4, 3)), zorder=0)
    place = axis.get_xaxis_transform()
    if line < high:
        options = {"ha": "left" if line < 0.5 * high else "right", "color": MUTED}
        label(axis, line, 1.01, f"{BASELINES['origin']} {line:,.0f}", transform=place, **options)
    return figure


@chart
def regime_cards(layout, traces):
    """For one run of each regime, each layer-2 neuron's largest pre-activation at the end."""
    first = {}
    for trace in traces:
        first.setdefault(regime(trace), trace)
    cards = [first[name] for name in REGIMES if name in first and name != "diverged"]
    figure = layout.blank("What layer 2 looks like at the last epoch, neuron by neuron", 2.9)
    shape = (len(cards), 1) if layout.phone else (1, len(cards))
    if layout.phone:
        figure.set_size_inches(layout.width, 0.5 + 1.9 * len(cards))
    if not cards:
        return figure
    axes = figure.subplots(*shape, squeeze=False).ravel()
    for axis, trace in zip(axes, cards, strict=True):
        name = regime(trace)
        tops = np.sort(trace.detail["neuron_top"][-1])[::-1]
        place = np.arange(1, len(tops) + 1)
        axis.axhline(0, color=INK, lw=0.8)
        for chosen, face in ((tops > 0, REGIME_COLOURS[name]), (tops <= 0, PAPER)):
            style = {"color": REGIME_COLOURS[name], "mfc": face, "ms": 4, "mew": 0.8, "ls": ""}
            axis.plot(place[chosen], tops[chosen], REGIME_MARKERS[name], **style)
        axis.set_title(f"{name}: width {trace.width}", color=REGIME_COLOURS[name])
        axis.set(xlabel=f"layer-2 neurons, sorted ({(tops > 0).sum()} alive)")
        axis.set(xlim=(0, len(tops) + 1), xticks=[1, len(tops)])
        low, high = min(tops.min(), 0), max(tops.max(), 0)
        pad = 0.08 * (high - low) or 1
        axis.set_ylim(low - pad, high + pad)
    axes[0].set_ylabel("largest pre-activation")
    return figure


# 03 ----------------------------------------------------------------------------------------------


@chart
def z2_bars(layout, traces, epoch):
    """Z2_max of each width at an epoch."""
    values = np.array([recorded(t, epoch) for t in traces])
    names = [regime(t) for t in traces]
    dead = [v for v, n in zip(values, names, strict=True) if n == "dead"]
    alive = [v for v, n in zip(values, names, strict=True) if n in ("plateau", "converge")]
    title = f"The largest pre-activation of layer 2 at epoch {epoch}"
    if dead and alive and max(dead) <= 0 < min(alive):
        title += ": below zero for the dead, above for the rest"
    figure, axis = layout.figure(title, 0.7 + 0.28 * len(traces))
    bars(axis, traces, values, lambda value: f"{value:,.1f}".replace("-", "−"))
    axis.axvline(0, color=INK, lw=0.8)
    axis.set_xlabel("Z2_max")
    return figure


@chart
def gradient_bars(layout, traces, epoch):
    """Norms of the three weight gradients at an epoch."""
    values = np.array([recorded(t, epoch, "gradient_norm") for t in traces])
    matrices = ("dW1", "dW2", "dW3")
    highest = [traces[i].width for i in np.nanargmax(np.nan_to_num(values, nan=-1), axis=0)]
    widest = dict.fromkeys(highest)
    title = f"Gradient norms at epoch {epoch}: " + (
        f"width {highest[0]} has the largest of each matrix"
        if len(widest) == 1
        else "largest at " + listing(f"{w} for {m}" for w, m in zip(highest, matrices, strict=True))
    )
    shape = (3, 1) if layout.phone else (1, 3)
    height = 0.6 + 0.26 * len(traces)
    figure, axes = layout.figure(title, 3 * height if layout.phone else height, *shape, sharey=True)
    for axis, matrix, column in zip(axes, matrices, values.T, strict=True):
        for row, (trace, value) in enumerate(zip(traces, column, strict=True)):
            name = regime(trace)
            style = {"color": REGIME_COLOURS[name], "hatch": REGIME_HATCHES[name]}
            axis.barh(row, np.nan_to_num(value), height=0.7, lw=0, edgecolor=PAPER, **style)
            text = f"{value:,.1f}" if np.isfinite(value) else "no value"
            axis.annotate(
                text,
                (np.nan_to_num(value), row),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                color=REGIME_COLOURS[name],
            )
        axis.set(title=f"‖{matrix}‖", yticks=range(len(traces)), xlim=(0, None))
        axis.set(yticklabels=[str(t.width) for t in traces], ylim=(len(traces) - 0.4, -0.6))
        axis.grid(axis="y", visible=False)
        axis.margins(x=0.35)
        axis.set_xlim(0, 1.35 * max(finite(column).max(initial=0), 1e-12))
        axis.xaxis.set_major_locator(MaxNLocator(3))
    axes[0].set_ylabel("width")
    regime_key(figure, {regime(t) for t in traces})
    return figure


@chart
def neuron_map(layout, traces):
    """Each layer-2 neuron's largest pre-activation over the epochs, one panel a width."""
    columns = 2 if layout.phone else 4
    rows = -(-len(traces) // columns)
    tops = [t.detail["neuron_top"][:, np.argsort(t.detail["neuron_top"][-1])] for t in traces]
    alive = [int((top[-1] > 0).sum()) for top in tops]
    title = "Layer 2 neuron by neuron: " + "; ".join(
        f"{t.width} ends with {n} alive" for t, n in zip(traces, alive, strict=True)
    )
    if len(traces) > 4:
        title = "Layer 2 neuron by neuron: orange while a neuron is alive, purple while it is dead"
    figure, axes = layout.figure(
        title, 0.9 + 1.65 * rows, rows, columns, squeeze=False, sharey=True
    )
    norm = SymLogNorm(linthresh=1, vmin=-100, vmax=100)
    for axis, trace, top in zip(axes.flat, traces, tops, strict=False):
        name = regime(trace)
        image = axis.imshow(
            np.nan_to_num(top.T),
            norm=norm,
            cmap="PuOr_r",
            origin="lower",
            extent=(0, len(top), 0, top.shape[1]),
        )
        axis.set_title(f"{trace.width} {name}", color=REGIME_COLOURS[name])
        axis.set(xlabel="epoch" if axis in axes[-1] else "", yticks=[0, top.shape[1]])
        axis.xaxis.set_major_locator(MaxNLocator(3, integer=True))
        axis.grid(False)
    for axis in axes.flat[len(traces) :]:
        axis.set_visible(False)
    for axis in axes[:, 0]:
        axis.set_ylabel("neurons, sorted")
    bar = figure.colorbar(
        image,
        ax=axes,
        location="bottom",
        shrink=0.6,
        aspect=40,
        ticks=[-100, -10, -1, 0, 1, 10, 100],
    )
    bar.ax.set_xticklabels(["−100", "−10", "−1", "0", "1", "10", "100"])
    bar.set_label("largest pre-activation: dead left of 0, alive right of it", color=MUTED)
    bar.outline.set_visible(False)
    return figure


@chart
def concentration(layout, traces):
    """How many layer-2 neurons are alive, and how many effectively carry the output."""
    effective = np.array([participation_ratio(t.detail["neuron_output"][-1]) for t in traces])
    alive = np.array([t.alive[-1] for t in traces])
    best = int(np.nanargmin(effective)) if np.isfinite(effective).any() else 0
    title = f"Width {traces[best].width} ends with its output on the fewest neurons"
    figure, axis = layout.figure(title, 0.8 + 0.26 * len(traces))
    for row, trace in enumerate(traces):
        name = regime(trace)
        pair = effective[row], alive[row]
        axis.plot(pair, (row, row), color=GRID, lw=2, zorder=1)
        axis.plot(alive[row], row, "|", color=INK, ms=10, mew=1.6, zorder=2)
        if np.isfinite(effective[row]):
            mark(axis, effective[row], row, name, zorder=3, ms=7)
    axis.set(yticks=range(len(traces)), yticklabels=[str(t.width) for t in traces], ylabel="width")
    axis.set(
        ylim=(len(traces) - 0.4, -0.6), xlabel="neurons of layer 2:  |  alive,  mark: effective"
    )
    axis.set_xlim(-1, traces[0].recipe.hidden + 2)
    axis.grid(axis="y", visible=False)
    axis.grid(axis="x", visible=True)
    regime_key(figure, {regime(t) for t in traces})
    return figure


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
