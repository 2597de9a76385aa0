"""Charts and parts of charts that several chapters draw; titles are chosen by the data."""

import numpy as np
from matplotlib.lines import Line2D

from fma.figures.style import (
    ACCENT,
    AXIS,
    INK,
    PAPER,
    REGIME_COLOURS,
    REGIME_HATCHES,
    REGIME_LINES,
    chart,
    finite,
    line_key,
    plain_log,
    spread,
)
from fma.figures.words import listing
from fma.regimes import REGIMES, regime

BASELINES = {"zero": "zero", "origin": "line through 0", "affine": "affine"}


def recorded(trace, epoch, name="z2_max"):
    """What a trace recorded at an epoch; NaN if it ended before."""
    values = getattr(trace, name)
    return values[epoch] if epoch < len(values) else np.full(values.shape[1:], np.nan)[()]


@chart
def cost_curves(layout, traces, baselines):
    """Cost over the epochs, one labelled line a width."""
    figure, axis = layout.figure(_curves_title(traces), 3.4 if not layout.phone else 3.6)
    longest = max(len(t.cost) for t in traces)
    ends = []
    for trace in traces:
        name, shown = regime(trace), np.isfinite(trace.cost)
        axis.plot(
            np.arange(len(trace.cost))[shown],
            trace.cost[shown],
            color=REGIME_COLOURS[name],
            ls=REGIME_LINES[name],
            lw=1.3,
        )
        ends.append(trace.cost[shown][-1])
    axis.set(yscale="log", xlim=(0, max(longest - 1, 1)), xlabel="epoch", ylabel="cost (log scale)")
    plain_log(axis.yaxis, *axis.get_ylim())
    for cost in baselines.values():
        axis.axhline(cost, color=AXIS, lw=0.8, ls=(0, (4, 3)), zorder=0)
    low, high = np.log10(axis.get_ylim())
    for trace, end, y in zip(
        traces, ends, spread(np.log10(ends), 0.052 * (high - low)), strict=True
    ):
        name = regime(trace)
        text = f"{trace.width} {name}" if not layout.phone else f"{trace.width}"
        axis.annotate(
            "",
            (longest - 1, end),
            xytext=(1.06, (y - low) / (high - low)),
            textcoords="axes fraction",
            arrowprops={"arrowstyle": "-", "color": REGIME_COLOURS[name], "lw": 0.7},
            annotation_clip=False,
        )
        axis.text(
            1.07,
            (y - low) / (high - low),
            text,
            transform=axis.transAxes,
            va="center",
            color=REGIME_COLOURS[name],
        )
    if layout.phone:
        line_key(figure, {regime(t) for t in traces})
    return figure


def _curves_title(traces):
    found = [name for name in REGIMES if any(regime(t) == name for t in traces)]
    if len(found) == 1:
        return f"Every width ends in the same regime: {found[0]}"
    parts = [f"{listing(t.width for t in traces if regime(t) == name)} {name}" for name in found]
    return "The widths part ways: " + "; ".join(parts)


def bars(axis, traces, values, write):
    """Horizontal bars, one a width, in the colour and hatch of the regime, with their numbers."""
    for row, (trace, value) in enumerate(zip(traces, values, strict=True)):
        name = regime(trace)
        style = {"color": REGIME_COLOURS[name], "hatch": REGIME_HATCHES[name], "edgecolor": PAPER}
        axis.barh(row, value if np.isfinite(value) else 0, height=0.72, linewidth=0, **style)
        left = np.isfinite(value) and value < 0
        axis.annotate(
            f"{write(value)}  {name}" if np.isfinite(value) else f"no value  {name}",
            (max(value, 0) if np.isfinite(value) and not left else 0, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            gid="halo",
            color=REGIME_COLOURS[name],
        )
    axis.set(yticks=range(len(traces)), yticklabels=[str(t.width) for t in traces], ylabel="width")
    axis.set(ylim=(len(traces) - 0.4, -0.6))
    axis.grid(axis="y", visible=False)
    axis.grid(axis="x", visible=True)
    most = finite(values).max(initial=0)
    least = min(finite(values).min(initial=0), 0)
    if most > least:
        axis.set_xlim(least - 0.02 * (most - least), most + 0.3 * (most - least))


PAIR_LOOKS = ((INK, "-"), (ACCENT, (0, (4, 1.5))))


def pair_key(figure, widths):
    """One line below the figure that names the two lines of a pair."""
    handles = [
        Line2D([], [], color=colour, ls=line, label=f"width {width}")
        for width, (colour, line) in zip(widths, PAIR_LOOKS, strict=True)
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2, frameon=False)
