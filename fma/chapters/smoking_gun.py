"""Chapter 3: what happens inside layer 2, and whether the article's indicators tell the regimes."""

from itertools import pairwise

import numpy as np
from matplotlib.colors import SymLogNorm
from matplotlib.ticker import MaxNLocator

from fma.chapters import article
from fma.chapters.article import EPOCH
from fma.chapters.experiments import eight_widths, pairs
from fma.chapters.ledger import (
    ITS_RUNS,
    Finding,
    Picture,
    claim,
)
from fma.chapters.words import column, many, percent
from fma.figures import (
    GRID,
    INK,
    MUTED,
    PAPER,
    REGIME_COLOURS,
    REGIME_HATCHES,
    chart,
    dots,
    finite,
    fixed,
    listing,
    mark,
    regime_key,
)
from fma.figures.common import bars, recorded
from fma.regimes import REGIMES, participation_ratio, regime, top_share

LIVING = "plateau", "converge"


def z2_table(traces, look):
    """Range of Z2_max at an epoch for each regime: head and rows of a table."""
    rows = []
    for name in REGIMES:
        widths = [t.width for t in traces if regime(t) == name]
        values = finite([recorded(t, look) for t in traces if t.width in widths])
        if len(values):
            shown = ", ".join(map(str, widths))
            rows.append([name, shown, f"{values.min():.1f}", f"{values.max():.1f}"])
    return ["regime", "widths", "least Z2_max", "largest Z2_max"], rows


def separated(values, names):
    """Whether the values of at least two groups are finite and no two groups' ranges overlap."""
    values, names = np.asarray(values, dtype=float), np.asarray(names)
    ranges = []
    for name in dict.fromkeys(names):
        group = finite(values[names == name])
        if len(group):
            ranges.append((group.min(), group.max()))
    ranges.sort()
    return len(ranges) > 1 and all(a[1] < b[0] for a, b in pairwise(ranges))


def _group(values, names, wanted):
    return finite([v for v, name in zip(values, names, strict=True) if name in wanted])


def only_the_dead_below_zero(values, names):
    """Whether there are dead and living runs, and the sign of the values tells them apart."""
    dead, rest = _group(values, names, ["dead"]), _group(values, names, LIVING)
    return bool(len(dead) and len(rest) and dead.max() < 0 < rest.min())


def rises(values, names):
    """Whether every value of a converge run is above every one of a plateau."""
    low, high = (_group(values, names, [name]) for name in LIVING)
    return bool(len(low) and len(high) and low.max() < high.min())


def gradient_ratio(few, more, look):
    """‖dW2‖ of the second run over that of the first at an epoch."""
    first, second = (recorded(t, look, "gradient_norm")[1] for t in (few, more))
    return float(second / first)


def larger(few, more, look):
    """How much larger the gradient of W2 is in the second run, in words."""
    ratio = gradient_ratio(few, more, look)
    return f"{ratio:.1f} times as large at width {more.width} as at width {few.width}"


def weakness(traces, look):
    """Middle ‖dW2‖ of the living over that of the dead."""
    norms = [recorded(t, look, "gradient_norm")[1] for t in traces]
    names = [regime(t) for t in traces]
    dead, living = _group(norms, names, ["dead"]), _group(norms, names, LIVING)
    return float(np.median(living) / np.median(dead)) if len(dead) and len(living) else np.nan


def cost_ratio(traces, look):
    """Middle cost at an epoch of the dead over that of the living."""
    costs, names = [recorded(t, look, "cost") for t in traces], [regime(t) for t in traces]
    dead, living = _group(costs, names, ["dead"]), _group(costs, names, LIVING)
    return float(np.median(dead) / np.median(living)) if len(dead) and len(living) else np.nan


def norm_range(traces, regimes, look):
    """Range of ‖dW2‖ at an epoch over runs that end in these regimes, in words."""
    values = finite([recorded(t, look, "gradient_norm")[1] for t in traces if regime(t) in regimes])
    return f"{values.min():.1f} to {values.max():.1f}" if len(values) else "–"


def gradient_table(traces, look):
    """Norms of the three gradients at an epoch: head and rows of a table."""
    return ["width", "‖dW1‖", "‖dW2‖", "‖dW3‖", "regime"], [
        [str(t.width), *map(fixed, recorded(t, look, "gradient_norm")), regime(t)] for t in traces
    ]


def effective(trace):
    """How many layer-2 neurons effectively carry the output at the end."""
    return float(participation_ratio(trace.detail["neuron_output"][-1]))


def two_largest(trace):
    """The share of the output that the two largest layer-2 neurons carry at the end."""
    return top_share(trace.detail["neuron_output"][-1])


def spread_table(traces):
    """Neurons alive and effective, and the share of the two largest: head and rows of a table."""
    return ["width", "regime", "alive", "effective", "share of the two largest"], [
        [
            str(t.width),
            regime(t),
            str(t.alive[-1]),
            fixed(effective(t)),
            f"{fixed(100 * two_largest(t), 0)} %",
        ]
        for t in traces
    ]


def spread_out(traces):
    """Whether on every plateau over three quarters of layer 2 effectively carry the output."""
    plateaus = [t for t in traces if regime(t) == "plateau"]
    return bool(plateaus) and all(effective(t) > 0.75 * t.recipe.hidden for t in plateaus)


def converged(traces, width):
    """Whether that width is among the traces and ends as converge."""
    return any(t.width == width and regime(t) == "converge" for t in traces)


def shared_by(traces, width):
    """How many neurons effectively carry the output of that width; 0 if it is not there."""
    return next((round(effective(t)) for t in traces if t.width == width), 0)


def emptied(traces):
    """The widths whose layer 2 is at some epoch without a live neuron, in words."""
    found = [t.width for t in traces if (t.alive == 0).any()]
    return listing(found) if found else "none"


def emptied_within(traces):
    """After how many updates the last of the networks that lose all live neurons has done so."""
    first = [int((t.alive == 0).argmax()) for t in traces if (t.alive == 0).any()]
    return max(first, default=0)


def most_at_once(trace):
    """How many layer-2 neurons at most cease to be alive from one epoch to the next."""
    return int(-np.diff(trace.alive).min(initial=0))


def revived(traces):
    """The widths that lose all live neurons and have some at the end, in words."""
    found = [t.width for t in traces if (t.alive == 0).any() and t.alive[-1] > 0]
    return listing(found) if found else "none"


def extent(cases):
    """The widths of a population, in words."""
    widths = {case.width for case in cases}
    return f"{len(widths)} widths from {min(widths)} to {max(widths)}"


def passed_on(weak):
    """How much more of the error layer 2 would pass on with slope 1, in words."""
    signals = finite([run["signal"] for run in weak])
    return f"{np.median(signals):.0f} times as much" if len(signals) else "no dead run"


def middles(results):
    """Median ‖dW2‖ of the dead and of the plateaus of a population; NaN where there are none."""
    norms = column(results, f"dw2_norm_{EPOCH}")
    names = [r["regime"] for r in results]
    groups = [_group(norms, names, [name]) for name in ("dead", "plateau")]
    return [float(np.median(group)) if len(group) else np.nan for group in groups]


def part(shares, name, holds):
    """In what part of the runs of an ending something holds, in words: "75 % of 68"."""
    values = shares.get(name, np.array([]))
    return f"{percent(holds(values).sum(), len(values))} of {len(values)}"


def population_table(results):
    """Runs of each regime, middle and range of three indicators: head and rows of a table."""
    rows = []
    for name in REGIMES:
        found = [r for r in results if r["regime"] == name]
        if found and name != "diverged":
            cells = [_middle(column(found, key)) for key, *_ in INDICATORS]
            rows.append([name, f"{len(found):,}", *cells])
    return ["regime", "runs", *(text for _, text, _ in INDICATORS)], rows


def _middle(values):
    values = finite(values)
    if not len(values):
        return "–"
    digits = 2 if np.abs(values).max() <= 1 else 1
    low, middle, high = (f"{v:.{digits}f}" for v in np.quantile(values, [0, 0.5, 1]))
    return f"{middle} ({low} to {high})"


def told(traces, value, digits=1):
    """Say one value of each width in words: value(trace)."""
    return ", ".join(f"width {t.width} {fixed(value(t), digits)} ({regime(t)})" for t in traces)


def norms_told(traces, look):
    """Say the three norms of each width in words."""
    return "; ".join(
        f"width {t.width} " + ", ".join(map(fixed, recorded(t, look, "gradient_norm")))
        for t in traces
    )


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
    for axis, matrix, norms in zip(axes, matrices, values.T, strict=True):
        for row, (trace, value) in enumerate(zip(traces, norms, strict=True)):
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
        axis.set_xlim(0, 1.35 * max(finite(norms).max(initial=0), 1e-12))
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


INDICATORS = (  # key of a probe, axis, scale
    (f"z2_max_{EPOCH}", f"Z2_max at epoch {EPOCH}", {"linthresh": 1}),
    (f"dw2_norm_{EPOCH}", f"‖dW2‖ at epoch {EPOCH}", {"linthresh": 1}),
    ("top_two", "share of the two largest", None),
)


@chart
def indicators(layout, results):
    """Three indicators of every run of a population, by regime."""
    names = [n for n in REGIMES[:3] if any(r["regime"] == n for r in results)]
    shown = sum(r["regime"] != "diverged" for r in results)
    title = f"The indicators in {shown:,} runs, one dot each"
    shape, height = ((3, 1), 5.4) if layout.phone else ((1, 3), 2.4)
    figure, axes = layout.figure(title, height, *shape, sharey=True)
    random = np.random.default_rng(0)
    for axis, (key, text, scale) in zip(axes, INDICATORS, strict=True):
        for row, name in enumerate(names):
            values = finite(column([r for r in results if r["regime"] == name], key))
            heights = row + random.uniform(-0.32, 0.32, len(values))
            dots(axis, values, heights, 2.6, REGIME_COLOURS[name])
            if len(values):
                axis.plot([np.median(values)] * 2, (row - 0.42, row + 0.42), color=INK, lw=1.4)
        if scale:
            axis.set_xscale("symlog", **scale)
            axis.set_xticks([v for v in (-100, -10, -1, 0, 1, 10, 100) if _within(v, results, key)])
            axis.xaxis.set_major_formatter(lambda v, _: f"{v:g}".replace("-", "−"))
            axis.minorticks_off()
        axis.set(xlabel=text, yticks=range(len(names)), yticklabels=names)
        axis.set_ylim(len(names) - 0.5, -0.5)
        axis.autoscale_view(scaley=False)
        axis.grid(axis="y", visible=False)
        axis.grid(axis="x", visible=True)
    return figure


def _within(value, results, key):
    values = finite(column(results, key))
    return len(values) and min(values.min(), 0) <= value <= values.max()


@claim(
    "C10",
    rule=f"Under a recipe: the ratio at epoch {EPOCH} lies between 3.5 and 4.",
    place="03_smoking_gun#gradients",
    scope=ITS_RUNS,
)
def gradient_is_four_times_larger(s):
    """Form the ratio under each recipe at the article's seed, and over many seeds."""
    ratios = {}
    for name, recipe in s.recipes.items():
        traces = eight_widths(recipe, s.seed, progress=s.progress)
        ratios[name] = gradient_ratio(*(traces[width] for width in article.PAIR), EPOCH)
    first, second = pairs(s.recipe, s.sizes.pairs, progress=s.progress)
    key = f"dw2_norm_{EPOCH}"
    others = column(second, key) / column(first, key)
    usual = float(np.nanmedian(others))
    within = int(np.sum((others >= 3.5) & (others <= 4)))
    return Finding(
        s.under({name: 3.5 <= ratio <= 4 for name, ratio in ratios.items()}),
        "The ratio is "
        + ", ".join(f"{ratio:.2f} under {name}" for name, ratio in ratios.items())
        + f"; over {many(len(others), 'seed')} under {s.name} its median is {usual:.2f}.",
        {"median_over_seeds": usual} | {f"ratio_{name}": r for name, r in ratios.items()},
        Picture(
            "ratio of ‖dW2‖, 64 over 63", {s.name: finite(others)}, interval=(3.5, 4), log=True
        ),
        other=f"In {within} of {many(len(others), 'seed')} the ratio lies there."
        if usual < 3.5 or usual > 4
        else "",
    )
