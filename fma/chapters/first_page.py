"""The first page: the one picture of the puzzle, also as files for the README; five sentences.

``python -m fma.chapters.first_page`` writes ``book/assets/puzzle-light.svg`` and ``-dark.svg``.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from fma.baselines import baselines
from fma.chapters import border
from fma.chapters.experiments import grid_runs
from fma.figures import DESK, INK, MUTED, REGIME_COLOURS, REGIME_LINES, label, listing, save
from fma.probe import THROWN, initial
from fma.regimes import regime
from fma.sweeps import compute, runs, sweep
from fma.task import product_task
from fma.training import train


def puzzle(first, second):
    """Draw the cost of two runs, epoch by epoch, beside the cost of a straight line.

    Parameters
    ----------
    first, second : Trace
        Of different widths.

    Returns
    -------
    callable
        draw(layout), for `fma.notebook.show` and `figures.save`.
    """
    line = baselines(product_task())["origin"]

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


def told(pair):
    """The pair in a line, for those who cannot see it."""
    return "; ".join(f"width {t.width} ends at {t.cost[-1]:,.0f}, {regime(t)}" for t in pair)


def yardsticks():
    """Costs of the models without hidden neurons, by name, and the mean of the targets."""
    task = product_task()
    return baselines(task), float(task.y_train.mean())


def starts(width, seed, recipe):
    """η λ₀ of that width and of one neuron more."""
    cases = grid_runs(recipe, (width, width + 1), [seed])
    return [start["eta_sharpness"] for start in compute(initial, cases, label="sharpness")]


def nearby(width, seed, recipe, factors):
    """The regimes of that network at its learning rate times each of the factors."""
    steps = [replace(recipe, learning_rate=factor * recipe.learning_rate) for factor in factors]
    return [regime(run) for run in sweep(runs([width], [seed], steps), label="nearby")]


def around_border(recipe, n_runs, n_unseen):
    """The networks around the border of which chapter 7 erases layers.

    Returns
    -------
    (Study, array of bool)
        The first half of the unseen runs, and which of them have an η λ₀ at which between 10 % and
        90 % of the `n_runs` fitted runs are plateaus; none if these show no border.
    """
    band = border.unseen_study(recipe, n_unseen, *border.BAND)
    tested = band.where(np.arange(len(band)) < len(band) // 2)
    one = border.fit(border.border_study(recipe, n_runs))
    low, high = one.mixed if one else (np.inf, np.inf)
    return tested, (tested.x > low) & (tested.x < high)


def joined(values, form):
    """Numbers in a sentence: "137 and 145", "−47, 170 and −13"."""
    return listing(format(value, form).replace("-", "−") for value in values)


def opposite(few, more, hidden, after=THROWN):
    """Whether after the throw all W3 of one network are positive and all of the other negative.

    Parameters
    ----------
    few, more : dict
        Of `is_it_w2.course`.
    hidden : int
        Neurons of layer 2.
    """
    positive = [
        course["positive"][min(after, len(course["positive"]) - 1)] for course in (few, more)
    ]
    return positive == [hidden, 0]


def revived_by(course, after=THROWN):
    """How many W3 turn positive first, once the throw has left none of them so; 0 if none does."""
    positive = course["positive"][after:]
    later = positive[positive > 0]
    return int(later[0]) if len(positive) and positive[0] == 0 and len(later) else 0


def _finite(trace):
    return trace.cost[np.isfinite(trace.cost)]


def main():
    """Write the picture of widths 63 and 64 at seed 1 for the README."""
    draw = puzzle(train(63, 1, detail=0), train(64, 1, detail=0))
    folder = Path(__file__).parents[2] / "book" / "assets"
    folder.mkdir(parents=True, exist_ok=True)
    for path in save(draw, folder / "puzzle", DESK):
        print(path)


if __name__ == "__main__":
    main()
