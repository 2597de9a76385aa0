"""Endings in a window of the lens: a pixel, a line of pixels, windows ever narrower.

A pixel of the lens is one network; the page trains it in `fma/explorer/lens-run.js`. For the small
network the two agree to the last bit, so a window may be as narrow as float64 lets it be.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from fma.checks import choice
from fma.network import Parameters, initialise
from fma.recipe import RECIPES
from fma.regimes import REGIMES, regime
from fma.small import Small, flattened, train_small
from fma.sweeps import compute
from fma.training import train

NETWORKS = ("small", "full")
AXES = ("width", "slope", "size", "way")
WIDTH, SEED, OTHER = 64, 1, 2
NARROWER = 16  # from one magnification to the next
DEEPEST = 32  # numbers of float64 across the narrowest window, as in the page

# Networks -------------------------------------------------------------------------------------


def centres(low, high, count):
    """Where the columns of a window lie; the page computes them alike, to the last bit."""
    return low + (high - low) * ((np.arange(count) + 0.5) / count)


def pixel(network, axis, rate, value, width=WIDTH, seed=SEED, other=OTHER):
    """The regime of one pixel of the lens.

    Parameters
    ----------
    network : str
        "small", one layer-2 neuron that stands for all, or "full". Recipe "table".
    axis : str
        What `value` is: "width"; "slope" of LeakyReLU; "size", a factor on W1; "way" from the
        weights of `seed` (0) to those of `other` (1).
    rate, value : float
    width, seed, other : int

    Returns
    -------
    str
        A name from `fma.regimes.REGIMES`.
    """
    case = choice("network", network, NETWORKS), choice("axis", axis, AXES), width, seed, other
    return REGIMES[int(_codes(*case, np.array([rate]), np.array([value]))[0])]


def _codes(network, axis, width, seed, other, rates, values):
    """Places in REGIMES of many pixels; `network` may also be the name of a control."""
    if network in CONTROLS:
        return CONTROLS[network](rates)
    if network == "full":
        pixels = zip(rates, values, strict=True)
        return np.array([_full(axis, width, seed, other, *at) for at in pixels])
    start, slopes = _small_starts(axis, width, seed, other, values)
    return _small_codes(train_small(start, rates, slopes))


def _small_codes(ending):
    dead = np.where(ending.top > 0, REGIMES.index("plateau"), REGIMES.index("dead"))
    return np.where(np.isfinite(ending.cost), dead, REGIMES.index("diverged"))


def _small_starts(axis, width, seed, other, values):
    """Where small networks start, and the slope of each; on the axis "width" all have one width."""
    if axis == "width":
        width = int(np.floor(values[0] + 0.5))
    W1, W2, W3 = (np.repeat(part[np.newaxis], len(values), axis=0) for part in _flat(width, seed))
    slopes = np.full(len(values), RECIPES["table"].slope)
    if axis == "slope":
        slopes = np.asarray(values, dtype=float)
    if axis == "size":
        W1 = np.asarray(values)[:, None, None] * W1
    if axis == "way":
        shares = np.asarray(values, dtype=float)
        to = _flat(width, other)
        W1 = W1 + shares[:, None, None] * (to[0] - W1)
        W2 = W2 + shares[:, None] * (to[1] - W2)
        W3 = W3 + shares * (to[2] - W3)
    return Small(W1, W2, W3), slopes


@cache
def _flat(width, seed):
    return tuple(np.asarray(part) for part in flattened(initialise(width, seed, "uniform")))


def _full(axis, width, seed, other, rate, value):
    width = int(np.floor(value + 0.5)) if axis == "width" else width
    recipe = replace(RECIPES["table"], learning_rate=float(rate))
    start = initialise(width, seed, recipe.init)
    if axis == "slope":
        recipe = replace(recipe, slope=float(value))
    if axis == "size":
        start = start._replace(W1=value * start.W1)
    if axis == "way":
        pairs = zip(start, initialise(width, other, recipe.init), strict=True)
        start = Parameters(*(one + value * (two - one) for one, two in pairs))
    trace = train(width, seed, recipe, parameters=start, detail=0)
    return REGIMES.index(regime(trace))


# Controls: sets whose dimension is known, through the same code ----------------------------------


def _edge(x):
    """One change on the line from 0 to 1: dimension 0."""
    return (x > 1 / np.pi).astype(int)


def _cantor(x):
    """Changes at the ends of the gaps of Cantor's set: dimension ln 2 / ln 3."""
    x, code, inside = np.array(x, dtype=float), np.zeros(len(x), int), np.ones(len(x), bool)
    for level in range(30):
        digit = np.floor(3 * x)
        gap = inside & (digit == 1)
        code[gap] = level % 2
        inside &= ~gap
        x = 3 * x - digit
    return code


def _coins(x):
    """An ending by chance for each number, by SplitMix64: dimension 1."""
    bits = np.array(x, dtype=float).view(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    return ((bits >> np.uint64(31)) & np.uint64(1)).astype(int)


CONTROLS = {"edge": _edge, "cantor": _cantor, "coins": _coins}
CANTOR = np.log(2) / np.log(3)

# Lines, pairs and descents: what is remembered ----------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A line of learning rates through the lens, at the article's slope."""

    network: str
    low: float
    high: float
    width: int = WIDTH
    seed: int = SEED

    def codes(self, rates):
        """The endings at these learning rates, as places in REGIMES."""
        values = np.full(len(rates), RECIPES["table"].slope)
        return _codes(self.network, "slope", self.width, self.seed, OTHER, rates, values)


def _part(case):
    """Endings at some learning rates and, of small networks, when they were alive."""
    line, rates = case
    if line.network != "small":
        return {"codes": line.codes(rates)}
    values = np.full(len(rates), RECIPES["table"].slope)
    start, slopes = _small_starts("slope", line.width, line.seed, OTHER, values)
    ending = train_small(start, rates, slopes)
    return {"codes": _small_codes(ending), "alive": ending.tops > 0}


def _computed(function, line, rates, name, label):
    """Results for many learning rates, computed 32 at a time."""
    cases = [(line, rates[i : i + 32]) for i in range(0, len(rates), 32)]
    milliseconds = {"small": 250, "full": 1000}.get(line.network, 1)
    found = compute(function, cases, label=label, milliseconds=lambda case: milliseconds)
    return np.concatenate([result[name] for result in found])


def scan(line, count, label=""):
    """Learning rates at the centres of `count` columns of a line, and their endings."""
    rates = centres(line.low, line.high, count)
    return rates, _computed(_part, line, rates, "codes", label)


def alive_along(line, count, label=""):
    """Whether the small network is alive before each update, (count, epochs)."""
    return _computed(_part, line, centres(line.low, line.high, count), "alive", label)


def apart(line, columns, sizes, numbers, label=""):
    """How many pairs of networks, a part of the line apart, end differently.

    The first of a pair is one of the columns of the line. The second is another where the distance
    is a whole number of columns: all such pairs are counted, and cost nothing. Else it is trained.

    Parameters
    ----------
    line : Line
    columns : int
    sizes : sequence of float
        The distances, as parts of the line.
    numbers : sequence of int
        Of pairs at each distance whose second is trained; their firsts are evenly spread.

    Returns
    -------
    (int array, int array)
        At each distance the pairs that end differently, and all pairs.
    """
    rates, codes = scan(line, columns, label)
    different, all_ = [], []
    for size, number in zip(sizes, numbers, strict=True):
        shift = round(size * columns)
        if shift and np.isclose(shift, size * columns):
            other = codes[shift:] != codes[:-shift]
        else:
            first = np.arange(number) * columns // number
            moved = rates[first] + size * (line.high - line.low)
            other = _computed(_part, line, moved, "codes", label) != codes[first]
        different, all_ = [*different, int(other.sum())], [*all_, len(other)]
    return np.array(different), np.array(all_)


def _descend(case):
    line, count = case
    low, high, lows, highs, pictures = line.low, line.high, [], [], []
    while high - low >= DEEPEST * np.spacing(high):
        codes = line.codes(centres(low, high, count))
        lows, highs, pictures = [*lows, low], [*highs, high], [*pictures, codes]
        changes = np.flatnonzero(np.diff(codes)) + 1
        if not len(changes):
            break
        near = np.abs(changes[:, None] - changes) <= count / NARROWER / 2
        most = near.sum(axis=1) == near.sum(axis=1).max()
        middle = np.argmin(np.where(most, np.abs(changes - count / 2), np.inf))
        at = low + (high - low) * changes[middle] / count
        half = (high - low) / NARROWER / 2
        low, high = at - half, at + half
    return {"low": np.array(lows), "high": np.array(highs), "codes": np.array(pictures)}


@dataclass(frozen=True)
class Descent:
    """Windows about a change of ending, each NARROWER times as narrow as the one before."""

    low: np.ndarray  # (windows,)
    high: np.ndarray
    codes: np.ndarray  # (windows, columns)

    @property
    def changes(self):
        """How often the ending changes from column to column, in each window."""
        return (np.diff(self.codes, axis=1) != 0).sum(axis=1)

    @property
    def decades(self):
        """By how many powers of ten the narrowest window is narrower than the first."""
        return float(np.log10((self.high[0] - self.low[0]) / (self.high[-1] - self.low[-1])))

    @property
    def rough(self):
        """Decades from the first window to the last that shows more than one change."""
        return float(np.log10(NARROWER) * np.flatnonzero(self.changes > 1).max(initial=0))


def descents(lines, count=32, label=""):
    """Go into each line where its changes of ending crowd most, to the end of float64."""
    cases = [(line, count) for line in lines]
    cost = {"small": 3_000, "full": 15_000}
    found = compute(
        _descend, cases, label=label, milliseconds=lambda case: cost.get(case[0].network, 1)
    )
    return [Descent(**result) for result in found]
