"""Chapter 14: the border between two endings under a lens. Is it fractal?

A border is asked how it looks ever closer: along a line of learning rates, how often does the
ending change? A point of a smooth border stays one change at every magnification. Of a fractal
border every magnification shows more: the number of changes that boxes of size ε tell apart grows
as ε^-D, and two networks ε apart end differently with a probability that falls as ε^(1-D)
(Grebogi, McDonald, Ott & Yorke 1983; McDonald, Grebogi, Ott & Yorke 1985). D is that of the cut
along the line, from 0 to 1; for the border in the plane add 1.

References
----------
Grebogi, McDonald, Ott & Yorke 1983, "Final state sensitivity: an obstruction to predictability",
Physics Letters A 99, 415. McDonald, Grebogi, Ott & Yorke 1985, "Fractal basin boundaries",
Physica D 17, 125. Sohl-Dickstein 2024, "The boundary of neural network trainability is fractal",
arXiv:2402.06184.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fma import figures
from fma.chapters.revival_runs import lives
from fma.recipe import RECIPES
from fma.regimes import REGIMES
from fma.sweeps import compute
from fma.window import (
    CANTOR,
    NARROWER,
    Descent,
    Line,
    alive_along,
    apart,
    centres,
    descents,
    pixel,
    scan,
)

__all__ = [
    "CANTOR",
    "NARROWER",
    "REGIMES",
    "Descent",
    "Line",
    "alive_along",
    "apart",
    "centres",
    "descents",
    "pixel",
    "scan",
]

FIRST = 9e-5, 1.1e-4  # learning rates about the first border
STRIP = 1.7e-4, 2.0e-4  # learning rates of the strip where endings alternate
PLACES = {"first border": FIRST, "strip": STRIP}
KNOWN = {"one change": "edge", "Cantor's set": "cantor", "coin toss": "coins"}  # the controls
TRUTH = {"one change": 0.0, "Cantor's set": CANTOR, "coin toss": 1.0}

# Two ways of counting ----------------------------------------------------------------------------

SIZES = 1, 2, 4, 8, 16  # columns of a box
PARTS = "tenth", "hundredth", "thousandth", "ten-thousandth", "hundred-thousandth", "millionth"


@dataclass(frozen=True)
class Dimension:
    """The dimension of the changes on a line, with a 95 % interval; nan where nothing is seen."""

    at: float
    low: float
    high: float

    def __str__(self):
        if np.isnan(self.at):
            return "–"
        if np.isinf(self.at):
            return f"below {self.high:.2f}" if self.at < 0 else f"above {self.low:.2f}"
        return f"{self.at:.2f} ({self.low:.2f} to {self.high:.2f})".replace("-0.00", "0.00")


UNSEEN = Dimension(np.nan, np.nan, np.nan)


def by_boxes(codes, sizes=SIZES, pieces=16, draws=1000):
    """Box counting: in how many boxes of so many columns does the ending change?

    The slope of the logarithms over `sizes`; the interval from drawing the `pieces` of the line
    again with replacement.

    Returns
    -------
    Dimension
    """
    counts = np.array([_boxes(piece, sizes) for piece in np.array_split(codes, pieces)])
    x = -np.log(sizes)
    at = _slopes(counts.sum(axis=0), x)
    if np.isnan(at):
        return UNSEEN
    random, n = np.random.RandomState(0), len(counts)
    times = [np.bincount(random.choice(n, n), minlength=n) for _ in range(draws)]
    drawn = _slopes(np.array(times, dtype=float) @ counts, x)
    return Dimension(float(at), *map(float, np.nanquantile(drawn, [0.025, 0.975])))


def filled(codes, sizes=SIZES):
    """The share of boxes of so many columns in which the ending changes, at each of the sizes."""
    return np.array(_boxes(codes, sizes)) / np.ceil((len(codes) - 1) / np.array(sizes))


def _boxes(codes, sizes):
    changed = np.diff(codes) != 0
    return [
        sum(changed[i : i + size].any() for i in range(0, len(changed), size)) for size in sizes
    ]


def _slopes(totals, x):
    """Of straight lines through the logarithms of totals (..., sizes) above zero, against x.

    nan where fewer than two are above zero.
    """
    seen = totals > 0
    n = np.where(seen.sum(axis=-1) > 1, seen.sum(axis=-1), np.nan)
    y = np.log(np.where(seen, totals, 1))
    from_middle = seen * (x - (seen * x).sum(axis=-1, keepdims=True) / n[..., None])
    return (from_middle * y).sum(axis=-1) / (from_middle**2).sum(axis=-1)


def by_pairs(different, numbers, sizes):
    """Grebogi's exponent: how fast does the share of pairs that end differently fall with ε?

    One power of ε at all distances, by Poisson's likelihood, in which a distance at which no pair
    differs counts as such. The interval is that of independent pairs; those of `apart`, evenly
    spread and with firsts in common, tell the shares of their line no less exactly.

    Parameters
    ----------
    different, numbers : int array (len(sizes),)
        From `apart`.
    sizes : sequence of float
        The ε of each.

    Returns
    -------
    (Dimension, float)
        1 minus the exponent; the p of the hypothesis that one power fits, from the deviance.
    """
    from scipy.stats import chi2
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    if np.count_nonzero(different) < 2:
        return UNSEEN, np.nan
    logs = np.column_stack([np.ones(len(sizes)), np.log(sizes)])
    fit = GLM(different, logs, family=Poisson(), offset=np.log(numbers)).fit()
    low, high = 1 - fit.conf_int()[1][::-1]
    p = chi2.sf(fit.deviance, len(sizes) - 2)
    return Dimension(float(1 - fit.params[1]), float(low), float(high)), float(p)


def between(different, numbers, sizes):
    """`by_pairs` of two distances, the larger first, with the exact interval for small numbers.

    Of all pairs that differ, those at the second distance are a binomial number; the interval of
    its share is Clopper and Pearson's. It is open below where none differs at the second.

    Returns
    -------
    Dimension
    """
    from scipy.stats import binomtest

    total = int(different[0] + different[1])
    if not total:
        return UNSEEN
    low, high = binomtest(int(different[1]), total).proportion_ci(0.95, "exact")
    with np.errstate(divide="ignore"):
        share = np.array([different[1] / total, low, high])
        ratio = np.log(share) - np.log(1 - share) + np.log(numbers[0] / numbers[1])
    return Dimension(*map(float, 1 + ratio / np.log(sizes[0] / sizes[1])))


@dataclass(frozen=True)
class Counted:
    """The dimension of the changes along one line, by every way of counting."""

    boxes: Dimension
    largest: Dimension  # by boxes of the two largest sizes alone
    filled: np.ndarray  # (sizes of boxes,) the share of boxes with a change
    all: Dimension  # one power for pairs at every distance
    one_power_p: float  # of the hypothesis that one power fits
    steps: list[Dimension]  # from each distance to the next
    different: np.ndarray  # (distances,) pairs that end differently
    numbers: np.ndarray  # (distances,) pairs

    @property
    def shares(self):
        """Of pairs that end differently, at each distance."""
        return self.different / self.numbers

    @property
    def filled_by_chance(self):
        """Whether as many boxes of each size are filled as if each change were tossed for."""
        return bool(np.allclose(self.filled, 1 - 0.5 ** np.array(SIZES), atol=0.04))


def count(line, columns, sizes, numbers):
    """Count along a line of so many columns, with pairs at these distances (see `apart`)."""
    _, codes = scan(line, columns, "line")
    different, numbers = apart(line, columns, sizes, numbers, "pairs")
    steps = [
        between(different[i : i + 2], numbers[i : i + 2], sizes[i : i + 2])
        for i in range(len(sizes) - 1)
    ]
    every = by_pairs(different, numbers, sizes)
    boxes = by_boxes(codes), by_boxes(codes, SIZES[-2:]), filled(codes)
    return Counted(*boxes, *every, steps, different, numbers)


def dimensions(found):
    """The rows of the table of dimensions: one for each way of counting, a column for each line."""
    counted = found.values()
    return [
        ["known", *(f"{TRUTH[name]:.2f}" if name in TRUTH else "–" for name in found)],
        ["boxes", *(one.boxes for one in counted)],
        ["pairs, all", *(one.all for one in counted)],
        *(
            [f"pairs, a {large} to a {small}", *(one.steps[i] for one in counted)]
            for i, (large, small) in enumerate(pairwise(PARTS))
        ),
    ]


def finds_both(found):
    """Whether all pairs find the dimensions of Cantor's set and of the coin toss, within 0.1."""
    return all(abs(found[n].all.at - TRUTH[n]) < 0.1 for n in ("Cantor's set", "coin toss"))


# What comes back to life --------------------------------------------------------------------------


def changes_along(alive):
    """How often the networks along a line change between alive and not, along the first axis."""
    return (np.diff(np.asarray(alive).astype(int), axis=0) != 0).sum(axis=0)


def fates(alive, update):
    """What became of the networks of a line after an update.

    Parameters
    ----------
    alive : bool array (columns, epochs)
    update : int

    Returns
    -------
    (int, int, int, int)
        How many were dead then; how many of these live at the end; how many that lived then are
        dead at the end; and the changes along the line at the end, had those of the second number
        stayed dead.
    """
    then, end = alive[:, update], alive[:, -1]
    revived = ~then & end
    died = then & ~end
    stayed = int(changes_along(end & ~revived))
    return int((~then).sum()), int(revived.sum()), int(died.sum()), stayed


def trained_on(line, columns, epochs, updates=RECIPES["table"].epochs):
    """How many networks of a line are alive at two epochs, and dead at the first of both only.

    Returns
    -------
    (int, int, int)
        Alive before update number `updates`, and before number `epochs`; dead at the first and
        alive at the second.
    """
    rates = np.array_split(centres(line.low, line.high, columns), max(columns // 32, 1))
    cases = [(line.width, line.seed, epochs, part) for part in rates]
    results = compute(lives, cases, label="trained on", milliseconds=lambda case: 5000)
    alive = np.concatenate([result["alive"] for result in results])
    first, last = alive[:, updates - 1], alive[:, -1]
    return int(first.sum()), int(last.sum()), int((~first & last).sum())


# Figures -----------------------------------------------------------------------------------------

_COLOURS = [figures.REGIME_COLOURS[name] for name in REGIMES]
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(value, digits=0):
    """A number with its power of ten, as for a label: "3·10⁻⁵"."""
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa}·10{str(int(exponent)).translate(_RAISED)}"


def _bars(axes, codes, y, height=0.8):
    """One line of endings as a row of coloured bars, from 0 to 1."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)]])
    for first, last in pairwise(starts):
        axes.barh(
            *(y, (last - first) / len(codes), height, first / len(codes)),
            color=_COLOURS[codes[first]],
            linewidth=0,
        )


def descent_chart(named):
    """Windows about a change of ending, ever narrower, as rows of bars.

    Parameters
    ----------
    named : dict of str to Descent

    Returns
    -------
    callable
        draw(layout), see `fma.figures`.
    """
    deepest = max(named.values(), key=lambda descent: descent.decades)
    counts = {name: int(descent.changes[-1]) for name, descent in named.items()}
    last = figures.listing(f"{n} in {name}" for name, n in counts.items())
    to_the_end = all(counts.values())  # a window without a change is none to go into
    where = "At the end of float64" if to_the_end else "In the last windows"
    title = f"{where}, {deepest.decades:.0f} decades down, changes of ending in the window: {last}"

    def draw(layout):
        grid = (len(named), 1) if layout.phone else (1, len(named))
        rows = max(len(descent.codes) for descent in named.values())
        height = (0.2 * rows + 0.7) * (len(named) if layout.phone else 1)
        figure, found = layout.figure(title, height, *grid, squeeze=False)
        for axes, (name, descent) in zip(found.flat, named.items(), strict=True):
            for i, codes in enumerate(descent.codes):
                _bars(axes, codes, i)
            widths = descent.high - descent.low
            axes.set_yticks(range(0, len(widths), 2), [power(w) for w in widths[::2]])
            axes.set_ylim(rows - 0.4, -0.6)
            axes.set_xlim(0, 1)
            axes.set_xticks([])
            axes.set_title(name, loc="left")
            axes.set_ylabel("width of the window")
            axes.grid(False)
        return figure

    return draw


def met(codes):
    """The regimes along a line in the order in which they are first met."""
    return [REGIMES[code] for code in dict.fromkeys(codes.tolist())]


def line_chart(rates, codes):
    """Endings along a line of learning rates, as one row of bars.

    Parameters
    ----------
    rates : array (columns,)
    codes : array (columns,)
        Places in REGIMES.

    Returns
    -------
    callable
    """
    names = met(codes)

    def draw(layout):
        title = f"Endings met along the line: {figures.listing(names)}"
        figure, axes = layout.figure(title, 1.1)
        _bars(axes, codes, 0)
        axes.set_yticks([])
        axes.grid(False)
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.5, 1], [power(rates[i], 2) for i in (0, len(rates) // 2, -1)])
        axes.set_xlabel("learning rate")
        figures.regime_key(figure, names)
        return figure

    return draw


def pairs_chart(shares, sizes):
    """The share of pairs that end differently against their distance, logarithmic.

    Parameters
    ----------
    shares : dict of str to array (len(sizes),)
        Distances at which no pair differs are not drawn.
    sizes : sequence of float
        Powers of ten, from a tenth on.

    Returns
    -------
    callable
    """
    middle = len(sizes) // 2
    told = figures.listing(f"{name} {share[middle]:.1%}" for name, share in shares.items())

    def draw(layout):
        part = PARTS[round(-np.log10(sizes[middle])) - 1]
        title = f"Pairs a {part} of the line apart end differently: {told}"
        figure, axes = layout.figure(title, 2.9)
        colours = [figures.MUTED, figures.MUTED, figures.MUTED, figures.INK, figures.ACCENT]
        styles = [":o", ":s", ":^", "-o", "-s"]
        for (name, share), colour, style in zip(shares.items(), colours, styles, strict=False):
            seen = np.asarray(share) > 0
            axes.plot(
                np.array(sizes)[: len(share)][seen], share[seen], style, color=colour, label=name
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("distance of the two learning rates, as a part of the line")
        axes.set_ylabel("pairs that end differently")
        axes.legend(frameon=False)
        return figure

    return draw


def changes_chart(grids):
    """How many changes of alive or not each grid shows, against the updates made.

    Parameters
    ----------
    grids : sequence of array (columns, epochs)
        Alive or not, the coarser grid first.

    Returns
    -------
    callable
    """
    changes = [changes_along(alive) for alive in grids]
    names = [f"{len(alive):,} learning rates" for alive in grids]
    told = figures.listing(f"{c[-1]} along {n}" for c, n in zip(changes, names, strict=True))

    def draw(layout):
        figure, axes = layout.figure(f"Changes at the end: {told}", 2.4)
        for values, name, style in zip(changes, names, ("--", "-"), strict=False):
            axes.plot(values, style, color=figures.INK, label=name)
        axes.set_xlabel("updates")
        axes.set_ylabel("changes, alive or not")
        axes.set_ylim(0)
        axes.legend(frameon=False)
        return figure

    return draw
