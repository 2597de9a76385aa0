"""The one picture of the puzzle, for the first page and, as files, for the README.

``python -m fma.chapters.first_page`` writes ``book/assets/puzzle-light.svg`` and ``-dark.svg``.
"""

from pathlib import Path

import numpy as np

from fma.baselines import baselines
from fma.figures import DESK, INK, MUTED, REGIME_COLOURS, REGIME_LINES, label, save
from fma.regimes import regime
from fma.task import product_task
from fma.training import train


def puzzle(first, second, line):
    """Draw the cost of two runs, epoch by epoch, beside the cost of a straight line.

    Parameters
    ----------
    first, second : Trace
        Of different widths.
    line : float
        Cost of the best straight line through the origin.

    Returns
    -------
    callable
        draw(layout), for `figures.show` and `figures.save`.
    """

    def draw(layout):
        more = second.width - first.width
        title = f"Width {first.width} and width {second.width}, one seed: the cost of training"
        if more == 1:
            title = f"One neuron more: width {first.width} beside width {second.width}, same seed"
        figure, axis = layout.figure(title, 3.5 if layout.phone else 3.3)
        runs = sorted((first, second), key=lambda trace: np.nanmean(np.log(_finite(trace))))
        for trace, place in zip(runs, (0.07, 0.5), strict=True):
            name, cost = regime(trace), _finite(trace)
            axis.plot(cost, color=REGIME_COLOURS[name], ls=REGIME_LINES[name], lw=2)
            epoch = int(place * (len(cost) - 1))
            above = trace is runs[1]
            label(
                *(axis, epoch, cost[epoch] * (1.25 if above else 1.6)),
                f"{trace.width} neurons: {name}",
                color=REGIME_COLOURS[name],
                fontweight="bold",
                ha="center" if above else "left",
                va="bottom",
            )
        axis.axhline(line, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=0)
        axis.set(yscale="log", xlim=(0, max(len(first.cost), len(second.cost)) - 1))
        low, high = axis.get_ylim()
        axis.set_ylim(min(low, line / 2), high * 1.2)
        label(
            *(axis, 0.995, line * 0.9),
            f"best straight line through the origin: {line:.0f}",
            halo=False,
            color=INK,
            ha="right",
            va="top",
            transform=axis.get_yaxis_transform(),
        )
        axis.yaxis.set_major_formatter("{x:,.0f}")
        axis.set(xlabel="epoch", ylabel="cost, mean squared error (log scale)")
        return figure

    return draw


def told(trace):
    """What the cost of a run did, in words: the start, the peak, the long wait if any, the end."""
    cost, name = trace.cost, regime(trace)
    began = f"began at {cost[0]:,.0f}"
    if name == "diverged":
        return f"{began} and left the finite numbers after {len(cost)} epochs"
    peak, end = int(cost.argmax()), cost[-1]
    if not peak and name != "dead":
        return f"{began} and only ever fell, to {end:.0f} in the end"
    rose = f"{began}, shot up to {cost[peak]:,.0f}" if peak else f"{began}, fell"
    if name == "dead":
        return f"{rose} and then stayed near {end:,.0f} for good"
    wait = int((cost[peak:] > (cost[peak:].max() * end**3) ** 0.25).sum())
    if wait > len(cost) / 4:
        return f"{rose}, stood far above its end for {wait} epochs, and then fell to {end:.0f}"
    return f"{rose} and came down quickly, to {end:.0f} in the end"


def _finite(trace):
    return trace.cost[np.isfinite(trace.cost)]


def main():
    """Write the picture of widths 63 and 64 at seed 1 for the README."""
    line = baselines(product_task())["origin"]
    draw = puzzle(train(63, 1, detail=0), train(64, 1, detail=0), line)
    folder = Path(__file__).parents[2] / "book" / "assets"
    folder.mkdir(parents=True, exist_ok=True)
    for path in save(draw, folder / "puzzle", DESK):
        print(path)


if __name__ == "__main__":
    main()
