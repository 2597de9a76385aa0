"""Chapter 12: what two networks of your own share, and what a shared seed is worth."""

import json
from dataclasses import dataclass
from importlib import resources

import numpy as np
from scipy.stats import ttest_1samp
from statsmodels.stats.power import TTestPower

from fma.chapters.sklearn_runs import Fit, fit, initial, milliseconds, split
from fma.figures import ACCENT, AXIS, GRID, INK, MUTED, chart, dots, label
from fma.sharing import shared
from fma.statistics import Paired, bootstrap_interval
from fma.sweeps import compute

DATA = ("iris", "wine", "breast_cancer", "digits", "diabetes")
SOLVERS = ("adam", "sgd")
POWER, LEVEL = 0.8, 0.05
BATCH = 200  # rows of scikit-learn's batches
DIFFERENCE = 0.01  # of scores
PAIRINGS = {"same": "same seed", "other": "different seeds", "nested": "same neurons"}


@dataclass(frozen=True)
class Cell:
    """One data set, solver and width: what each seed gave for the width and for one more."""

    data: str
    solver: str
    width: int
    loss: np.ndarray  # (2, seeds) on held-out rows
    score: np.ndarray  # (2, seeds) accuracy or R²

    @property
    def name(self):
        """What the cell is called in a figure."""
        return f"{self.data.replace('_', ' ')}, {self.solver}, {self.width}"

    def pairs(self, key, shift=0):
        """The narrow networks' values, and the wide ones' of the seed that is `shift` before."""
        narrow, wide = getattr(self, key)
        return narrow, np.roll(wide, shift)


@dataclass(frozen=True)
class Study:
    """The same networks paired by seed or across seeds, or others that share their neurons."""

    cells: tuple
    nested: tuple

    def of(self, pairing):
        """The cells of a pairing of `PAIRINGS`, and the shift of its seeds."""
        return (self.nested if pairing == "nested" else self.cells), int(pairing == "other")

    def correlations(self, pairing, key="loss"):
        """Correlation of the two widths in each cell; NaN if all networks score the same."""
        cells, shift = self.of(pairing)
        return np.array([float(_correlate(*cell.pairs(key, shift))) for cell in cells])

    def pooled(self, pairing, key="loss"):
        """Mean correlation over the cells, and its 95 % interval by resampling them."""
        values = self.correlations(pairing, key)
        values = values[np.isfinite(values)]
        return float(values.mean()), *bootstrap_interval(values)

    def by_data(self, pairing):
        """The same of losses, the interval by Student's t over the means of the data sets."""
        values = self.correlations(pairing)
        names = np.array([cell.data for cell in self.of(pairing)[0]])
        means = [np.nanmean(values[names == name]) for name in dict.fromkeys(names.tolist())]
        return float(np.mean(means)), *ttest_1samp(means, 0).confidence_interval()

    def told(self, pairing, key="loss"):
        """The pooled correlation in words: "0.02 (-0.05 to 0.09)"."""
        return with_interval(self.pooled(pairing, key))

    def worth(self, pairing):
        """How many unrelated pairs one pair is worth at the pooled correlation: "14 (8 to 24)"."""
        return "{:.0f} ({:.0f} to {:.0f})".format(*(1 / (1 - r) for r in self.pooled(pairing)))

    def intervals(self, pairing):
        """Fisher's 95 % interval of each cell's correlation of losses: lows and highs."""
        cells, _ = self.of(pairing)
        reach = 1.96 / np.sqrt(max(cells[0].loss.shape[1] - 3, 1))
        middle = np.arctanh(np.clip(np.nan_to_num(self.correlations(pairing)), -0.999, 0.999))
        return np.tanh(middle - reach), np.tanh(middle + reach)

    def clear(self, pairing):
        """In how many cells the correlation is clear of zero."""
        low, high = self.intervals(pairing)
        return int(np.sum((low > 0) | (high < 0)))

    @property
    def different(self):
        """In how many cells the mean scores of the two widths differ, clear of zero."""
        intervals = [Paired(*cell.score).interval() for cell in self.cells]
        return sum(low > 0 or high < 0 for low, high in intervals)

    def misleads(self, pairing, difference=DIFFERENCE):
        """Share of single pairs that show at least this difference in score."""
        cells, shift = self.of(pairing)
        gaps = [np.subtract(*cell.pairs("score", shift)) for cell in cells]
        return float(np.mean(np.abs(np.concatenate(gaps)) >= difference - 1e-12))

    def seeds(self, pairing, data, difference=DIFFERENCE):
        """Seeds that a difference in score takes, the range over solvers and widths."""
        cells, shift = self.of(pairing)
        spreads = [
            np.subtract(*cell.pairs("score", shift)).std(ddof=1)
            for cell in cells
            if cell.data == data
        ]
        return [seeds_for(difference / spread) if spread else 2 for spread in spreads]


def with_interval(found):
    """A value and its interval (value, low, high): "0.02 (−0.05 to 0.09)"."""
    return "{} ({} to {})".format(*map(signed, found))


def signed(value):
    """A number to two decimals, with a proper minus."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def _correlate(a, b):
    """Pearson's correlation along the last axis; NaN where one is constant."""
    a, b = (v - v.mean(axis=-1, keepdims=True) for v in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (a * b).sum(axis=-1) / np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))


def seeds_for(effect):
    """Pairs for a paired t test of a difference of so many deviations, with `POWER` at `LEVEL`."""
    n = float(np.squeeze(TTestPower().solve_power(effect, power=POWER, alpha=LEVEL)))
    return int(np.ceil(np.nanmax([n, 2])))  # nan: so large that two are enough


def study(data, widths, n_seeds, nested_seeds, progress=True):
    """Train every data set, solver, width and width + 1 at every seed."""
    places = [(d, s, w) for d in data for s in SOLVERS for w in widths]
    seeds = {False: range(n_seeds), True: range(nested_seeds)}
    cases = [
        Fit(d, s, w + more, seed, nested)
        for nested in seeds
        for d, s, w in places
        for more in (0, 1)
        for seed in seeds[nested]
    ]
    options = {"label": "networks", "milliseconds": milliseconds, "progress": progress}
    results = dict(zip(cases, compute(fit, cases, **options), strict=True))

    def values(place, nested, key):
        d, s, w = place
        return np.array(
            [
                [results[Fit(d, s, w + more, seed, nested)][key] for seed in seeds[nested]]
                for more in (0, 1)
            ]
        )

    return Study(
        *(
            tuple(Cell(*p, values(p, nested, "loss"), values(p, nested, "score")) for p in places)
            for nested in seeds
        )
    )


def pairing_rows(found):
    """Pairs and correlations of each pairing, as rows of a table."""
    rows = []
    for pairing, name in PAIRINGS.items():
        cells, _ = found.of(pairing)
        pairs = sum(cell.loss.shape[1] for cell in cells)
        told = [found.told(pairing, key) for key in ("loss", "score")]
        rows.append([name, f"{pairs:,}", *told, f"{found.clear(pairing)} of {len(cells)}"])
    return rows


def one_batch(found):
    """The part of a study whose data sets have so few rows that one batch holds them all."""
    small = [c.data for c in found.cells if len(split(c.data)[0]) <= BATCH]
    return Study(*(tuple(c for c in cells if c.data in small) for cells in vars(found).values()))


def width_rows(found):
    """The correlation of losses by width, as rows of a table."""
    rows = []
    for width in dict.fromkeys(cell.width for cell in found.cells):
        some = Study(
            *(tuple(c for c in cells if c.width == width) for cells in vars(found).values())
        )
        rows.append([f"{width} and {width + 1}", *(some.told(p) for p in PAIRINGS)])
    return rows


def seed_rows(found, data):
    """Seeds that one per cent takes, as rows of a table."""

    def told(pairing, d):
        counts = found.seeds(pairing, d)
        return f"{min(counts):,} to {max(counts):,}"

    return [[d.replace("_", " "), *(told(p, d) for p in PAIRINGS)] for d in data]


# scikit-learn's issue 20083.


def issue(data, n_seeds, progress=True):
    """Accuracy on held-out rows (widths, seeds) with 1, 2, ... neurons, up to twice the inputs.

    The inputs are not scaled, as in the issue.
    """
    inputs = split(data)[0].shape[1]
    widths = range(1, 2 * inputs + 2)
    cases = [Fit(data, "adam", w, s, scaled=False) for w in widths for s in range(n_seeds)]
    results = compute(fit, cases, label="issue", milliseconds=milliseconds, progress=progress)
    return np.array([r["score"] for r in results]).reshape(len(widths), n_seeds)


def dip(scores, at):
    """Accuracy at `at` neurons beside the mean of its two neighbours, seed by seed."""
    return Paired((scores[at - 2] + scores[at]) / 2, scores[at - 1])


def dips(scores):
    """For each width between two others: in how many seeds it is worse than both."""
    below = (scores[1:-1] < scores[:-2]) & (scores[1:-1] < scores[2:])
    return below.sum(axis=1)


@chart
def issue_chart(layout, scores, inputs, seed=0):
    """Accuracy by number of neurons: every seed a dot, the issue's seed a line."""
    mean = scores.mean(axis=1)
    title = (
        f"One seed dips where neurons equal inputs; the mean over {scores.shape[1]} seeds does not"
    )
    if mean[inputs - 1] < min(mean[inputs - 2], mean[inputs]):
        title = f"The mean over {scores.shape[1]} seeds dips at {inputs} neurons, too"
    figure, axis = layout.figure(title, 2.7)
    widths = np.arange(1, len(scores) + 1)
    random = np.random.default_rng(0)
    x = np.repeat(widths, scores.shape[1]) + random.uniform(-0.16, 0.16, scores.size)
    axis.axvline(inputs, color=GRID, lw=8, zorder=0)
    dots(axis, x, scores.ravel(), 2.2, AXIS)
    axis.plot(widths, mean, color=INK, lw=1.6)
    axis.plot(widths, scores[:, seed], color=ACCENT, lw=1.3, ls=(0, (4, 1.5)))
    label(axis, widths[-1], mean[-1], "mean", shift=5, color=INK, va="center")
    label(axis, widths[-1], scores[-1, seed], f"seed {seed}", shift=5, color=ACCENT, va="center")
    axis.set(xlabel=f"neurons of the hidden layer ({inputs} inputs)", ylabel="accuracy")
    axis.set(xlim=(0.5, len(scores) + 1.3), xticks=widths[:: 1 if len(widths) < 12 else 4])
    axis.set_ylim(0, 1.02)
    return figure


# What is shared.


def sklearn_share(data, width, nested=False):
    """What scikit-learn's networks of a width and one more share at seed 0."""
    return shared(*(initial(Fit(data, "adam", w, 0, nested)) for w in (width, width + 1)))


def neurons_shared(data, widths):
    """How many neurons of layer 1 such pairs of networks share, over data sets and widths."""
    pairs = [sklearn_share(name, width) for name in data for width in widths]
    return sum(pair.layers[0].intact("columns")[0] for pair in pairs)


@chart
def share_chart(layout, found):
    """For each array: shares of numbers found anywhere, at their place, in whole neurons."""
    rows = []
    for layer in found.layers:
        rows.append((f"{layer.name}: found in B", 1 - layer.share("not at all"), MUTED))
        rows.append((f"{layer.name}: at its place", layer.share("same place"), ACCENT))
        if layer.kind.ndim > 1:
            kept = layer.intact("columns")[0] / len(layer.columns)
            rows.append((f"{layer.name}: in whole neurons", kept, INK))
    figure, axis = layout.figure("Sharing numbers is not sharing neurons", 0.6 + 0.26 * len(rows))
    for y, (_, share, colour) in enumerate(rows):
        axis.barh(y, share, height=0.7, color=colour, lw=0)
        label(axis, share, y, f"{share:.0%}", shift=4, va="center", color=colour, halo=False)
    axis.set(yticks=range(len(rows)), yticklabels=[name for name, *_ in rows])
    axis.set(xlim=(0, 1.12), ylim=(len(rows) - 0.4, -0.6), xticks=[0, 0.5, 1])
    axis.set(xticklabels=["0 %", "50 %", "100 %"], xlabel="share of A")
    axis.grid(axis="y", visible=False)
    return figure


# What a shared seed is worth.


@chart
def pairs_chart(layout, found):
    """Every pair: the wide network's loss over the narrow one's, both in deviations of its cell."""
    values = {p: found.pooled(p)[0] for p in PAIRINGS}
    title = "Correlation of two widths: " + ", ".join(
        f"{signed(v)} at {PAIRINGS[p]}" if p != "nested" else f"{signed(v)} with the same neurons"
        for p, v in values.items()
    )
    shape, height = ((3, 1), 6.6) if layout.phone else ((1, 3), 2.5)
    figure, axes = layout.figure(title, height, *shape, sharex=True, sharey=True)
    for axis, pairing in zip(axes, PAIRINGS, strict=True):
        cells, shift = found.of(pairing)
        x, y = (
            np.concatenate([_standard(cell.pairs("loss", shift)[i]) for cell in cells])
            for i in (0, 1)
        )
        axis.axhline(0, color=GRID, lw=0.8, zorder=0)
        axis.axvline(0, color=GRID, lw=0.8, zorder=0)
        dots(axis, np.clip(x, -3, 3), np.clip(y, -3, 3), 2.0, INK)
        axis.set(title=f"{PAIRINGS[pairing]}, {len(x):,} pairs", xlim=(-3.2, 3.2), ylim=(-3.2, 3.2))
        axis.set(xticks=[-2, 0, 2], yticks=[-2, 0, 2], aspect="equal")
        axis.set_xticklabels(["−2", "0", "2"])
        axis.set_yticklabels(["−2", "0", "2"])
    axes[0].set_ylabel("loss with N + 1 neurons")
    axes[-1 if layout.phone else 1].set_xlabel("loss with N neurons, in standard deviations")
    return figure


def _standard(values):
    return (values - values.mean()) / (values.std() or 1)


@chart
def cells_chart(layout, found):
    """The correlation of each data set, solver and width, with its interval."""
    cells = found.cells
    values, (low, high) = found.correlations("same"), found.intervals("same")
    clear = found.clear("same")
    title = f"Same seed, cell by cell: {clear} of {len(cells)} intervals are clear of zero"
    figure, axis = layout.figure(title, 0.6 + 0.17 * len(cells))
    for y, (r, a, b) in enumerate(zip(values, low, high, strict=True)):
        colour = ACCENT if a > 0 or b < 0 else AXIS
        axis.plot((a, b), (y, y), color=colour, lw=1.6, solid_capstyle="butt")
        axis.plot(r, y, "o", color=INK if colour == AXIS else ACCENT, ms=3.4)
    axis.axvline(0, color=INK, lw=0.8)
    axis.set(yticks=range(len(cells)), yticklabels=[cell.name for cell in cells])
    axis.set(ylim=(len(cells) - 0.4, -0.6), xlim=(-1, 1), xlabel="correlation of the losses")
    axis.tick_params(axis="y", labelsize=7.5)
    axis.grid(axis="y", visible=False)
    return figure


# Other frameworks.


def frameworks():
    """What `benchmarks.frameworks` found, a dict from the framework to its row."""
    text = resources.files("fma.chapters").joinpath("frameworks.json").read_text("utf-8")
    return json.loads(text)


def framework_rows(found):
    """Versions, and for layers 1 and 2 what is in its place and how many neurons are whole."""
    rows = []
    for name, row in found.items():
        first, second = row["layers"][:2]
        versions = ", ".join(f"{p} {v}" for p, v in row["versions"].items())
        neurons = [str(layer["whole"]) for layer in (first, second)]
        places = [f"{100 * layer['same place']:.0f} %" for layer in (first, second)]
        rows.append([name, versions, places[0], neurons[0], places[1], neurons[1]])
    return rows
