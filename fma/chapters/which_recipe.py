"""Chapter 6: which recipe made the article's table? Candidates scored by the printed digits."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from fma import network
from fma.chapters.article import ENTRIES, SEED, TABLE, WIDTHS, matches, row
from fma.chapters.experiments import eight_widths
from fma.chapters.ledger import FAILS, HOLDS, ITS_RUNS, Finding, Picture, claim
from fma.checks import choice
from fma.figures import ACCENT, AXIS, chart, dots, label
from fma.network import ACTIVATIONS, Parameters, shapes
from fma.recipe import RECIPES
from fma.sweeps import compute
from fma.task import product_task
from fma.training import train

DRAWS = {
    "U[0, 1)": lambda random, shape: random.random_sample(shape),
    "U[-1, 1)": lambda random, shape: random.uniform(-1, 1, shape),
    "normal": lambda random, shape: random.randn(*shape),
}
SCALES = {
    "√(1/in)": lambda i, o: np.sqrt(1 / i),
    "√(2/in)": lambda i, o: np.sqrt(2 / i),
    "√(2/(in+out))": lambda i, o: np.sqrt(2 / (i + o)),
    "1": lambda i, o: 1.0,
    "0.1": lambda i, o: 0.1,
    "0.01": lambda i, o: 0.01,
}
ORDERS = {  # the order of the layers, and whether a matrix is drawn as (out, in)
    "W1 W2 W3": ((0, 1, 2), False),
    "W1 W2 W3, transposed": ((0, 1, 2), True),
    "W3 W2 W1": ((2, 1, 0), False),
    "W3 W2 W1, transposed": ((2, 1, 0), True),
}
LEARNING_RATES = (1e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3)
LOSSES = {  # factors of the gradient and of the printed cost, against the mean squared error
    "mean": (1.0, 1.0),
    "half mean": (0.5, 0.5),
    "mean, half gradient": (0.5, 1.0),
}


@dataclass(frozen=True)
class Candidate:
    """One way to make the table; each field is a key of the dict of the same name."""

    draw: str
    scale: str
    order: str
    step: float  # learning rate × the loss's factor of the gradient
    seed: int = SEED
    widths: tuple = tuple(TABLE)


def candidates(seed=SEED):
    """Every candidate to simulate; losses that differ by a factor share a simulation."""
    steps = sorted({float(f"{lr * g:.6g}") for lr in LEARNING_RATES for g, _ in LOSSES.values()})
    return [Candidate(*c, seed=seed) for c in product(DRAWS, SCALES, ORDERS, steps)]


def start(candidate, width):
    """The initial network of that candidate."""
    random = np.random.RandomState(candidate.seed)
    layers, transposed = ORDERS[candidate.order]
    weights = [None, None, None]
    for layer in layers:
        i, o = shapes(width)[2 * layer]
        drawn = DRAWS[candidate.draw](random, (o, i) if transposed else (i, o))
        weights[layer] = (drawn.T if transposed else drawn) * SCALES[candidate.scale](i, o)
    W1, W2, W3 = weights
    return Parameters(W1, np.zeros(width), W2, np.zeros(W2.shape[1]), W3, np.zeros(1))


def met(traces):
    """Which printed entries come out: (widths, 4) booleans, for traces by width."""
    return np.array([matches(row(trace), TABLE[width]) for width, trace in traces.items()])


def try_candidate(candidate):
    """Score a candidate under each loss convention.

    Rule: the widths are tried in the order of the table. A candidate is given up after two widths
    unless under some convention at least two of their six printed numbers have come out (one is
    easily met by chance, and a regime's name alone more easily still).

    Returns
    -------
    dict
        For each key of `LOSSES` the number of printed entries met, of four for each width; and
        "widths", how many widths were tried.
    """
    met, numbers = dict.fromkeys(LOSSES, 0), dict.fromkeys(LOSSES, 0)
    recipe = replace(RECIPES["table"], learning_rate=candidate.step)
    for tried, width in enumerate(candidate.widths, 1):
        trace = train(width, candidate.seed, recipe, parameters=start(candidate, width), detail=0)
        cost, name, z2_max, norm = row(trace)
        for loss, (gradient, factor) in LOSSES.items():
            hits = matches((cost * factor, name, z2_max, norm * gradient), TABLE[width])
            met[loss] += sum(hits)
            numbers[loss] += hits[0] + hits[2] + hits[3]
        if tried == 2 and max(numbers.values()) < 2:
            break
    return met | {"widths": tried}


@dataclass(frozen=True)
class Search:
    """Printed entries met by every candidate."""

    kinds: list  # (draw, scale)
    ways: list  # (order, loss)
    entries: np.ndarray  # (kinds, ways, learning rates) of `total`
    simulations: int
    completed: int  # simulations that went on to the last width
    total: int = ENTRIES * len(WIDTHS)

    @property
    def full(self):
        """Every candidate that meets all entries: (draw, scale, order, loss, learning rate)."""
        return [
            (*self.kinds[k], *self.ways[j], LEARNING_RATES[i])
            for k, j, i in np.argwhere(self.entries == self.total)
        ]

    def in_words(self):
        """How many candidates there are, and which of them meet all entries."""
        full = "; ".join(", ".join(map(str, candidate)) for candidate in self.full)
        return f"{self.entries.size:,} candidates; all {self.total} entries: {full or 'none'}"

    @property
    def scores(self):
        """The entries met, the best candidate first."""
        return np.sort(self.entries.ravel())[::-1]


def known(name, values, allowed):
    """Those of `allowed` that `values` names, in the order of `allowed`.

    Raises ValueError, one sentence, for what is not in it and for an empty list.
    """
    if isinstance(values, str) or not values:
        raise ValueError(f"{name} must be a list of at least 1 value, got {values!r}")
    lower = {key.lower(): key for key in allowed}
    found = {lower[choice(name, value, lower)] for value in values}
    return [key for key in allowed if key in found]


def search(seed=SEED, draws=tuple(DRAWS), scales=tuple(SCALES), orders=tuple(ORDERS)):
    """Score every candidate of these draws, scales and orders, at every learning rate and loss.

    Returns
    -------
    Search
    """
    tried = [
        c for c in candidates(seed) if c.draw in draws and c.scale in scales and c.order in orders
    ]
    results = compute(try_candidate, tried, label="candidates")
    found = {(c.draw, c.scale, c.order, c.step): r for c, r in zip(tried, results, strict=True)}
    kinds, ways = list(product(draws, scales)), list(product(orders, LOSSES))

    def entries(kind, order, loss, rate):
        return found[*kind, order, float(f"{rate * LOSSES[loss][0]:.6g}")][loss]

    return Search(
        kinds,
        ways,
        np.array([[[entries(k, *way, r) for r in LEARNING_RATES] for way in ways] for k in kinds]),
        len(results),
        sum(result["widths"] == len(WIDTHS) for result in results),
    )


def same_networks(search):
    """Whether all runners-up are the full candidates' networks under another name for the loss."""
    second = [s for s in search.scores if s < search.total][:1]
    ups = {
        (*search.kinds[k], search.ways[j][0], LEARNING_RATES[i] * LOSSES[search.ways[j][1]][0])
        for k, j, i in np.argwhere(search.entries == (second or [-1])[0])
    }
    best = {(*c[:3], c[4] * LOSSES[c[3]][0]) for c in search.full}
    return bool(best) and ups <= best


def plain_difference(case):
    """Train a width and seed under `table` by the plain equations, nothing folded.

    Returns
    -------
    dict
        "relative", the largest relative difference of the cost from `fma.train`'s at any epoch.
    """
    width, seed = case
    recipe, task = RECIPES["table"], product_task()
    act = ACTIVATIONS[recipe.activation](recipe.slope)
    folded = train(width, seed, recipe, detail=0).cost
    parameters, cost = network.initialise(width, seed, recipe.init), []
    for _ in folded:
        value, gradient, _ = network.gradient(parameters, task, act)
        cost.append(value)
        for p, g in zip(parameters, gradient, strict=True):
            p -= recipe.learning_rate * g
    return {"relative": float(np.abs(np.array(cost) / folded - 1).max())}


def hit_table(hits):
    """Head and rows: entries met by recipes with a name, column by column of the printed table."""
    head = ["recipe", "weights", "step", "final cost", "regime", "Z2_max", "‖dW2‖", "all"]
    return head, [
        [
            name,
            RECIPES[name].init,
            f"{RECIPES[name].learning_rate:g}",
            *(f"{n} of {len(found)}" for n in found.sum(axis=0)),
            f"{found.sum()} of {found.size}",
        ]
        for name, found in hits.items()
    ]


# Figures -----------------------------------------------------------------------------------------


HOW_TO_READ = (
    "A dot's area is the share of printed entries met, in the first panel for the best order and "
    "loss, in the second for the best draw and scale. 123 is the order of the layers, ᵀ drawn "
    "transposed."
)


def search_map(search):
    """The map of a search: printed entries met by draw and scale, and by order and loss."""
    rows = [f"{draw} · {scale}" for draw, scale in search.kinds]
    best = int(search.entries.max(axis=(1, 2)).argmax())
    maps = [
        ("draw and scale", rows, search.entries.max(axis=1)),
        (f"order, loss: {rows[best]}", list(map(_way, search.ways)), search.entries[best]),
    ]
    meet = {0: "none meets", 1: "one meets"}.get(len(search.full), f"{len(search.full)} meet")
    title = f"Of {search.entries.size:,} candidates {meet} all {search.total} printed entries"
    columns = [f"{rate:.0e}".replace("e-0", "e−") for rate in LEARNING_RATES]
    return recipe_map(maps, columns, search.total, title)


def _way(way):
    """An order and a loss, short: "123ᵀ, ½ mean"."""
    order, loss = way
    digits = "".join(c for c in order.split(",")[0] if c.isdigit())
    return f"{digits}{'ᵀ' * ('transposed' in order)}, {loss.replace('half', '½')}"


@chart
def recipe_map(layout, maps, columns, total, title):
    """Most printed entries met, for each row and learning rate: maps of (name, rows, values)."""
    sizes = [len(rows) for _, rows, _ in maps]
    shape = (len(maps), 1) if layout.phone else (1, len(maps))
    height = 0.75 + 0.21 * (sum(sizes) + 4 if layout.phone else max(sizes))
    options = {"height_ratios": sizes} if layout.phone else {}
    figure, axes = layout.figure(title, height, *shape, squeeze=False, **options)
    for axis, (name, rows, values) in zip(axes.flat, maps, strict=True):
        y, x = np.indices(values.shape)
        for part in np.unique(values[values > 0]):
            chosen = values == part
            colour = ACCENT if part == total else AXIS
            dots(axis, x[chosen], y[chosen], 10 * np.sqrt(part / total), colour)
        for j, i in np.argwhere(values == total):
            axis.plot(i, j, "o", ms=15, mfc="none", mec=ACCENT, mew=1.8)
            label(axis, i + 0.75, j, f"all {total}", color=ACCENT, va="center", fontweight="bold")
        axis.set_title(name)
        axis.set(xlim=(-0.7, len(columns) - 0.3), ylim=(len(rows) - 0.3, -0.9))
        axis.set(xticks=range(len(columns)), yticks=range(len(rows)), xlabel="learning rate")
        axis.set_xticklabels(columns, rotation=90)
        axis.set_yticklabels(rows)
        axis.grid(False)
    return figure


# Claims ------------------------------------------------------------------------------------------


def _entries(s):
    """Printed entries that come out under each recipe, and their picture."""
    counts = {
        name: int(met(eight_widths(recipe, s.seed, progress=s.progress)).sum())
        for name, recipe in s.recipes.items()
    }
    total = ENTRIES * len(WIDTHS)
    text = ", ".join(f"{count} under {name}" for name, count in counts.items())
    groups = {name: [count] for name, count in counts.items()}
    numbers = {"entries": total} | {f"met_{name}": count for name, count in counts.items()}
    return counts, total, text, numbers, Picture("printed entries that come out", groups, total)


@claim(
    "C01",
    rule="Holds if He initialisation at 1e-5 (recipe text) gives every printed entry.",
    place="06_which_recipe#named",
    scope=ITS_RUNS,
)
def stated_recipe(s):
    """Whether the recipe of the prose made the table."""
    counts, total, text, numbers, picture = _entries(s)
    recipe = RECIPES["text"]
    return Finding(
        HOLDS if counts["text"] == total else FAILS,
        f"Of the {total} printed entries {text}; the claim is recipe text ({recipe.init}, "
        f"{recipe.learning_rate:g}).",
        numbers,
        picture,
    )


@claim(
    "C03",
    rule="Under a recipe: final cost, regime, Z2_max and ‖dW2‖ of all eight widths agree with "
    "every printed digit, rounded or cut.",
    place="06_which_recipe#named",
    scope=ITS_RUNS,
)
def printed_table(s):
    """Whether the printed table comes out."""
    counts, total, text, numbers, picture = _entries(s)
    return Finding(
        s.under({name: count == total for name, count in counts.items()}),
        f"Printed entries that come out to the digit, of {total}: {text}.",
        numbers,
        picture,
    )
