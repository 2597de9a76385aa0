"""The border of the plateau: the runs around it, its fits, and how well rules tell its sides.

Every rule is fitted on the runs of `border_study` and judged on those of `unseen_study`, whose
seeds no fit has seen, beside the simplest rules that know as much. Chapters 7, 10, 11 and 13 ask
here.
"""

import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from fma import throw
from fma.chapters.edge_runs import edge
from fma.chapters.experiments import any_rate, grid_runs
from fma.chapters.ledger import SIZES
from fma.probe import Probe, initial, probe
from fma.recipe import as_recipe
from fma.statistics import wilson_interval
from fma.sweeps import compute

LOWEST, HIGHEST = 24, 160  # widths drawn at random
SEEDS = 40  # seeds of the runs that are fitted
DRAWN = LOWEST, HIGHEST, SEEDS
RATES = 0.3, 3  # times the recipe's
BORDER, UNSEEN = SIZES["full"].border, SIZES["full"].unseen  # runs
FRESH = 1_000, 2**31  # seeds of the runs on which rules are judged
BELOW_BORDER = 5.5  # the border is sought below this η λ₀
BAND = 3.2, 4.8  # η λ₀ of the runs drawn around the border
MEAN_R, MEAN_W = 0.5, 4.0  # the small map's r and w if W3 and W2 have their mean weights
WIDTH_BANDS = (24, 32, 48, 60, 72, 96, 128, 161)  # edges
STRANGER = 10_000  # added to a seed for an unrelated second network


# The runs ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Study:
    """Probes and what became of them; a name in brackets gives one value a run, as an array."""

    cases: list
    results: list

    def __getitem__(self, name):
        """A name of the results, or "width", "seed", "rate" (the learning rate)."""
        if name in ("width", "seed"):
            return np.array([getattr(case, name) for case in self.cases])
        return np.array([r["learning_rate" if name == "rate" else name] for r in self.results])

    def __len__(self):
        return len(self.cases)

    @cached_property
    def x(self):
        """η λ₀."""
        return self["eta_sharpness"]

    @cached_property
    def plateau(self):
        """Whether the run ended as the article's plateau."""
        return self["regime"] == "plateau"

    def where(self, mask):
        """The runs for which the mask is true."""
        chosen = np.flatnonzero(mask)
        return Study([self.cases[i] for i in chosen], [self.results[i] for i in chosen])

    def rated(self, **changes):
        """The same runs, each at the learning rate it had, with other fields of `Probe`."""
        return [
            replace(
                case,
                eta_sharpness=0.0,
                recipe=replace(case.recipe, learning_rate=result["learning_rate"]),
                **changes,
            )
            for case, result in zip(self.cases, self.results, strict=True)
        ]


def border_study(recipe="table", n_runs=BORDER, *, progress=True):
    """The runs on which everything is fitted; fewer of them are the first of the full number.

    The width is uniform on 24 to 160, the seed on 1 to 40, the learning rate log-uniform between
    0.3 and 3 times the recipe's, all three independent.
    """
    recipe, random, n = as_recipe(recipe), np.random.RandomState(2026), max(n_runs, BORDER)
    widths = random.randint(LOWEST, HIGHEST + 1, n)
    seeds = random.randint(1, SEEDS + 1, n)
    rates = recipe.learning_rate * np.exp(random.uniform(*np.log(RATES), n))
    cases = [
        Probe(int(w), int(s), replace(recipe, learning_rate=float(rate)))
        for w, s, rate in zip(widths, seeds, rates, strict=True)
    ]
    return made(cases[:n_runs], "border", progress)


def unseen_study(
    recipe="table", n_runs=UNSEEN, low=1.0, high=BELOW_BORDER, *, sized=False, progress=True
):
    """Runs of fresh networks, no two alike: η λ₀ log-uniform from `low` to `high`.

    The width is uniform on 24 to 160, the seed on 1,000 to 2³¹. If `sized`, W1 is scaled so that
    the size of layer 1 is drawn, too: log-uniform from that of width 24 to that of width 160,
    whatever the width. That takes apart what goes together in drawn networks. Fewer runs are the
    first of the full number.
    """
    recipe, random, n = any_rate(recipe), np.random.RandomState(2028), max(n_runs, UNSEEN)
    widths = random.randint(LOWEST, HIGHEST + 1, n)
    seeds = random.randint(*FRESH, n)
    x = np.exp(random.uniform(np.log(low), np.log(high), n))
    ends = np.log(throw.mean_start([LOWEST, HIGHEST]).sigma)
    sizes = np.exp(random.uniform(*ends, n)) if sized else np.zeros(n)
    cases = [
        Probe(int(w), int(s), recipe, eta_sharpness=float(x), size=float(size))
        for w, s, x, size in zip(widths, seeds, x, sizes, strict=True)
    ]
    return made(cases[:n_runs], "layer 1 scaled" if sized else "unseen networks", progress)


def made(cases, label, progress=True):
    """The Study of these probes, computed or fetched."""
    return Study(cases, compute(probe, cases, label=label, progress=progress))


# One number and two -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """A logistic curve in logarithms: plateau or not, by η λ₀ and other values of a run."""

    names: tuple  # of the other values
    coefficients: np.ndarray  # constant, ln η λ₀, then ln of each of `names`
    covariance: np.ndarray
    runs: int

    def log_odds(self, study):
        """Of the plateau, one value a run."""
        return _logs(study, self.names) @ self.coefficients

    def border(self, *values):
        """The η λ₀ where half of the runs leave the plateau, at these values of `names`."""
        constant, slope, *others = self.coefficients
        rest = sum(b * np.log(v) for b, v in zip(others, values, strict=True))
        return np.exp(-(constant + rest) / slope)

    def interval(self, *values):
        """95 % interval of `border`, by the delta method."""
        at = np.array([1, *np.log(values)])
        others = self.coefficients[[0, *range(2, len(self.coefficients))]]
        slope = self.coefficients[1]
        gradient = np.insert(-at / slope, 1, at @ others / slope**2)
        error = 1.96 * np.sqrt(gradient @ self.covariance @ gradient)
        return tuple(self.border(*values) * np.exp((-error, error)))

    def power(self, name):
        """By what power of `name` the border goes, with its 95 % interval: (p, low, high)."""
        i = 2 + self.names.index(name)
        slope, other = self.coefficients[[1, i]]
        gradient = np.zeros(len(self.coefficients))
        gradient[[1, i]] = other / slope**2, -1 / slope
        error = 1.96 * np.sqrt(gradient @ self.covariance @ gradient)
        return -other / slope, -other / slope - error, -other / slope + error

    @property
    def mixed(self):
        """The interval of η λ₀ with between 10 % and 90 % plateau, if nothing else is known."""
        reach = np.exp(np.log(9) / abs(self.coefficients[1]))
        return self.border() / reach, self.border() * reach


def fit(study, *names, limit=BELOW_BORDER):
    """Fit plateau or not by ln η λ₀ and the logarithms of `names`, over the runs below `limit`.

    Returns
    -------
    Fit or None
        None if the runs show no border: all alike, or separated without overlap, so that a slope
        cannot be estimated.
    """
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    near = study.where(study.x < limit)
    X, y = _logs(near, names), near.plateau.astype(float)
    if len(y) < 10 or np.ptp(y) == 0 or near.x[y == 0].min() > near.x[y == 1].max():
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of separation, which the check below finds
        try:
            found = Logit(y, X).fit(disp=0)
        except (PerfectSeparationError, np.linalg.LinAlgError):
            return None
        covariance = np.asarray(found.cov_params())
    if not np.isfinite(covariance).all() or found.prsquared > 0.999:
        return None
    return Fit(names, np.asarray(found.params), covariance, len(y))


def inside(two, study):
    """How far inside its own border by `two` each run stands, and how sharply `two` knows that.

    Returns
    -------
    (array, array)
        Shares of the border's η λ₀: the distance, below zero beyond the border, and the half of
        the border's 95 % interval.
    """
    at, low = two.border(study["size"]), [two.interval(size)[0] for size in study["size"]]
    return 1 - study.x / at, 1 - np.array(low) / at


def _logs(study, names):
    values = [np.ones(len(study)), np.log(study.x), *(np.log(study[name]) for name in names)]
    return np.column_stack(values)


def rules(one, width, two, study, *, progress=True):
    """What each rule says of every run of a study: is it a plateau?

    Parameters
    ----------
    one, width, two : Fit
        By η λ₀ alone, and with the width or the size of layer 1.
    study : Study

    Returns
    -------
    dict of str to (str, array of bool)
        From the rule's name to how many numbers it fits and what it says.
    """
    stand_ins = {
        "one neuron a layer, trained": (1, 2),
        "one neuron in layer 2, trained": (2,),
    }
    trained = {
        name: made(study.rated(shadow=layers), name, progress) for name, layers in stand_ins.items()
    }
    start = throw.Start(MEAN_R, MEAN_W, study["size"])
    return {
        "η λ₀ alone": ("2", one.log_odds(study) > 0),
        "η λ₀ and width": ("3", width.log_odds(study) > 0),
        "η λ₀ and size of layer 1": ("3", two.log_odds(study) > 0),
        "small map, mean r and w": ("none", throw.stays(start, study.x)),
        **{name: ("none", alone.plateau) for name, alone in trained.items()},
    }


def scores(said, plateau):
    """How often each rule is right: name to (right, runs, low, high), Wilson's interval.

    The first row is the best guess that knows nothing.
    """
    commoner = np.full(len(plateau), plateau.mean() > 0.5)
    known = {"commoner ending": ("1", commoner)} | said
    return {name: _score(guess == plateau) for name, (_, guess) in known.items()}


def _score(right):
    count = int(np.sum(right))
    return count, len(right), *wilson_interval(count, len(right))


def fits(study):
    """The three fits that are compared: by η λ₀ alone, with the width, with the size of layer 1."""
    return fit(study), fit(study, "width"), fit(study, "size")


def judge(three, near, band, *, progress=True):
    """How often each rule is right on runs that no fit has seen.

    Parameters
    ----------
    three : tuple of Fit
        As from `fits`.
    near, band : Study
        Runs below `BELOW_BORDER`, and runs around the border.

    Returns
    -------
    dict of str to dict
        From the rule's name to "fitted", how many numbers it fits, and its `scores` on "near" and
        on "mixed": the runs of `band` between 10 % and 90 % plateau by η λ₀ alone. Beside the
        scores "near_right" and "mixed_right", arrays of bool.
    """
    low, high = three[0].mixed
    mixed = band.where((band.x > low) & (band.x < high))
    said = {
        name: rules(*three, s, progress=progress) for name, s in (("near", near), ("mixed", mixed))
    }
    rows = {}
    for part, study in (("near", near), ("mixed", mixed)):
        for rule, score in scores(said[part], study.plateau).items():
            row = rows.setdefault(rule, {"fitted": said[part].get(rule, ("1",))[0]})
            row[part] = score
            if rule in said[part]:
                row[f"{part}_right"] = said[part][rule][1] == study.plateau
    return rows


def by_width(study, one, two, edges=WIDTH_BANDS):
    """The border of each band of widths, four ways, on runs that no fit has seen.

    Parameters
    ----------
    study : Study
        Runs around the border.
    one, two : Fit
        By η λ₀ alone, and with "size".

    Returns
    -------
    list of dict
        "widths" (lowest, highest), "runs", "own" (border, low, high), "fitted" and "predicted"
        borders averaged over the band's runs, and how many runs the rules "one", "two" and "map"
        (mean weights, no draw, no fit) tell rightly.
    """
    widths = np.arange(LOWEST, HIGHEST + 1)
    predicted = dict(zip(widths, throw.predicted_border(widths), strict=True))
    rows = []
    for low, high in pairwise(edges):
        band = study.where((study["width"] >= low) & (study["width"] < high))
        if not len(band):
            continue
        ahead = np.array([predicted[w] for w in band["width"]])
        guesses = {
            "one": one.log_odds(band) > 0,
            "two": two.log_odds(band) > 0,
            "map": band.x < ahead,
        }
        rows.append(
            {
                "widths": (low, high - 1),
                "runs": len(band),
                "own": own_border(band, two),
                "fitted": float(two.border(band["size"]).mean()),
                "predicted": float(ahead.mean()),
            }
            | {name: int((guess == band.plateau).sum()) for name, guess in guesses.items()}
        )
    return rows


def own_border(study, two):
    """The border of some runs alone, at the slope of a wider fit: (η λ₀, low, high); nan if none.

    With the slope given there is an answer even where few runs do not overlap.
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    y, known = study.plateau.astype(float), two.coefficients[1] * np.log(study.x)
    if np.ptp(y) == 0:
        return (np.nan,) * 3
    found = GLM(y, np.ones((len(y), 1)), Binomial(), offset=known).fit()
    middle, error = found.params[0], 1.96 * found.bse[0]
    ends = (middle, middle - error, middle + error)
    return tuple(float(np.exp(-end / two.coefficients[1])) for end in ends)


# What is not needed -----------------------------------------------------------------------------

CHANGES = {
    "W2 flat": {"flat": ("W2",)},
    "W3 flat": {"flat": ("W3",)},
    "W2 and W3 flat": {"flat": ("W2", "W3")},
    "W1 flat": {"flat": ("W1",)},
    "W2 drawn anew": {"blocks": ("W2",)},
    "W2 drawn anew, sum kept": {"blocks": ("W2",), "sums": ("W2",)},
    "W3 drawn anew": {"blocks": ("W3",)},
    "W1 drawn anew": {"blocks": ("W1",)},
    "W1 drawn anew, sum kept": {"blocks": ("W1",), "sums": ("W1",)},
}


def erasures(study, *, progress=True):
    """What becomes of the same runs, at the same learning rates, when a layer is replaced.

    Flat: all its weights are their mean. Drawn anew: it comes from an unrelated network; sum kept:
    and is multiplied so that its weights add up to what the network's own did.

    Returns
    -------
    dict of str to array of bool
        For each of `CHANGES` whether plateau-or-not is another than before.
    """
    found = {}
    for name, change in CHANGES.items():
        cases = study.rated(**change)
        if "blocks" in change:
            cases = [replace(c, donor=(c.width, (c.seed + STRANGER) % 2**32)) for c in cases]
        found[name] = made(cases, name, progress).plateau != study.plateau
    return found


# The edges of one network ------------------------------------------------------------------------


def edges(two, recipe="table", width=64, seeds=range(1, 21), *, progress=True):
    """Of each network its two edges, looked for around the border that `two` gives it.

    Returns
    -------
    dict of str to array
        "leaves" and "dies", in learning rates, and "leaves_x", the first times λ₀.
    """
    recipe = as_recipe(recipe)
    probes = grid_runs(recipe, (width,), seeds)
    starts = compute(initial, probes, label="starts", progress=progress)
    cases = []
    for one, before in zip(probes, starts, strict=True):
        at = two.border(before["size"]) / before["sharpness"]
        cases.append({"probe": one, "low": float(0.85 * at), "high": float(1.3 * at)})
    found = compute(edge, cases, label="edges", progress=progress, milliseconds=lambda case: 1_500)
    ends = {name: np.array([f[name] for f in found]) for name in ("leaves", "dies")}
    return ends | {"leaves_x": ends["leaves"] * [before["sharpness"] for before in starts]}


def gaps(ends):
    """Of `edges`: the median gap between plateau and dead, and the spread of the borders.

    Both as shares of the learning rate; the spread is the standard deviation of the logarithm.
    """
    spread = np.std(np.log(ends["leaves"]), ddof=1) if len(ends["leaves"]) > 1 else np.nan
    return float(np.median(ends["dies"] / ends["leaves"] - 1)), float(spread)


def chance(gap, spread):
    """How often a learning rate in the middle of the borders lies within a network's gap."""
    return gap / (np.sqrt(2 * np.pi) * spread)


# Comparing at the same place --------------------------------------------------------------------


def matched_probes(
    two, widths, seeds, distance=1.0, recipe="table", *, rescale=False, progress=True
):
    """Probes of several widths (slowest) and seeds at equal distance from the border.

    Parameters
    ----------
    rescale : bool
        Instead of moving each network to its own border, scale W1 so that all have the mean size
        of the first width, and then give all the same η λ₀.
    """
    plain = grid_runs(any_rate(recipe), widths, seeds)
    if rescale:
        size = float(throw.mean_start(widths[0]).sigma)
        x = float(distance * two.border(size))
        return [replace(case, size=size, eta_sharpness=x) for case in plain]
    starts = compute(initial, plain, label="starts", progress=progress)
    return [
        replace(case, eta_sharpness=float(distance * two.border(before["size"])))
        for case, before in zip(plain, starts, strict=True)
    ]
