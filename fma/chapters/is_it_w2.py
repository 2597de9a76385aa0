"""Chapter 8: is W2 to blame? Transplants beside their controls, the lucky neurons, the freeze."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain, combinations

import numpy as np

from fma.chapters import border
from fma.chapters.after_throw import Altered, altered
from fma.chapters.border import STRANGER
from fma.chapters.edge_runs import follow
from fma.chapters.experiments import PAIR, POPULATION_WIDTHS, any_rate, grid_runs, population
from fma.chapters.ledger import FAILS, HOLDS, POPULATION, UNTESTED, Finding, Picture, claim
from fma.chapters.single_runs import DISTURBANCES, Disturbed, course, disturb, exchange, survivors
from fma.chapters.words import column, many, percent
from fma.figures import (
    ACCENT,
    AXIS,
    ENDING_COLOURS,
    ENDING_HATCHES,
    INK,
    PAPER,
    chart,
    label,
    spread,
)
from fma.network import ACTIVATIONS, forward
from fma.probe import THROWN, Probe, probe, start
from fma.recipe import as_recipe
from fma.regimes import ENDINGS
from fma.statistics import bootstrap_interval, wilson_interval
from fma.sweeps import compute, runs, sweep
from fma.task import product_task
from fma.transplant import BLOCKS

TWO_SEEDS = "two seeds"
SUBSETS = tuple(chain.from_iterable(combinations(BLOCKS, k) for k in range(len(BLOCKS) + 1)))
NEAR = 3.3, 4.3  # η λ₀ of the runs near the border
WIDE = range(105, 129, 4)
SIZES = 0.8, 1, 1.2, 1.5  # of W3 after the throw, times what it is
CLEAR = 0.9  # an AUC above it, or below one minus it, tells who survives

# Transplants and their controls -----------------------------------------------------------------


RANDOM = tuple(
    name for name in DISTURBANCES if name not in ("nothing", "W3 its mean", "W2 its mean")
)


def disturbances(
    recipe="table", width=64, seed=1, n_draws=40, factors=(1, 0.85, 1.25), progress=True
):
    """Disturb one network at several multiples of its learning rate.

    Returns
    -------
    dict
        From factor to a dict from each of DISTURBANCES to the list of its endings.
    """
    recipe, found = as_recipe(recipe), {}
    for factor in factors:
        rate = replace(recipe, learning_rate=factor * recipe.learning_rate)
        plan = [
            Disturbed(width, seed, rate, how, draw)
            for how in DISTURBANCES
            for draw in range(n_draws if how in RANDOM else 1)
        ]
        results = compute(disturb, plan, label=f"disturbed, {factor:g} η", progress=progress)
        found[factor] = {
            how: [r["ending"] for c, r in zip(plan, results, strict=True) if c.how == how]
            for how in DISTURBANCES
        }
    return found


def tipped(endings):
    """How many runs of each disturbance ended otherwise than "nothing" did, and of how many."""
    own = endings["nothing"][0]
    return {
        how: (sum(name != own for name in names), len(names))
        for how, names in endings.items()
        if how != "nothing"
    }


def grafts(recipe="table", widths=PAIR, seed=1, progress=True):
    """Both networks of a seed with every set of layers taken from the other.

    Returns
    -------
    list of list of dict
        For each receiver the results of `probe` in the order of SUBSETS.
    """
    plan = [
        Probe(receiver, seed, as_recipe(recipe), donor=(donor, seed), blocks=blocks)
        for receiver, donor in (widths, widths[::-1])
        for blocks in SUBSETS
    ]
    results = compute(probe, plan, label="transplants", progress=progress)
    return [results[: len(SUBSETS)], results[len(SUBSETS) :]]


SINGLE = (("W1",), ("W2",), ("W3",), BLOCKS)


def carried(recipe="table", widths=PAIR, n_seeds=200, progress=True):
    """Where two widths of a seed end differently: does a layer of the other change the ending?

    The control is the same layer of a stranger, a network of the donor's width from another seed.

    Returns
    -------
    dict
        From (blocks, "other" or "stranger") to (changed, transplants), and under the key "differ"
        (seeds that differ, seeds).
    """
    recipe, seeds = as_recipe(recipe), range(1, n_seeds + 1)
    own = compute(probe, grid_runs(recipe, widths, seeds), label="pairs, shared", progress=progress)
    names = column(own, "ending").reshape(2, n_seeds)
    apart = [int(s) for s in np.array(seeds)[names[0] != names[1]]]
    found = {"differ": (len(apart), n_seeds)}
    for donor_is, shift in (("other", 0), ("stranger", STRANGER)):
        for blocks in SINGLE:
            plan, before = [], []
            for side in (0, 1):
                plan += [
                    Probe(
                        widths[side], s, recipe, donor=(widths[1 - side], s + shift), blocks=blocks
                    )
                    for s in apart
                ]
                before += [names[side, s - 1] for s in apart]
            after = compute(probe, plan, label=f"{donor_is} {' '.join(blocks)}", progress=progress)
            changed = sum(r["ending"] != b for r, b in zip(after, before, strict=True))
            found[blocks, donor_is] = changed, len(plan)
    return found


def strangers(recipe="table", n_seeds=100, width=64, progress=True):
    """Networks of one width that take every set of layers from an unrelated seed's network.

    Returns
    -------
    array of dict (n_seeds, 8)
        The results of `probe`, in the order of SUBSETS.
    """
    plan = [
        Probe(width, seed, as_recipe(recipe), donor=(width, seed + STRANGER), blocks=blocks)
        for seed in range(1, n_seeds + 1)
        for blocks in SUBSETS
    ]
    return np.reshape(compute(probe, plan, label="strangers", progress=progress), (n_seeds, -1))


def as_factorial(outcome):
    """Outcomes in the order of SUBSETS, (n, 8), as an array (n, 2, 2, 2): W1, W2, W3 given."""
    result = np.empty((len(outcome), 2, 2, 2))
    for values, blocks in zip(np.transpose(outcome), SUBSETS, strict=True):
        result[(slice(None), *(int(block in blocks) for block in BLOCKS))] = values
    return result


EFFECTS = ((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))


def effects(outcome):
    """The power of each main effect and interaction in each replicate of a factorial experiment.

    Parameters
    ----------
    outcome : array (n, 2, 2, 2)
        Which level is which may differ from replicate to replicate, so each is split on its own.

    Returns
    -------
    array (n, 7)
        In the order of EFFECTS; their sum is the variance within the replicate.
    """
    outcome, signs = np.asarray(outcome, dtype=float), np.array([1.0, -1.0])
    power = []
    for used in EFFECTS:
        effect = outcome
        for axis in (2, 1, 0):  # contract the last axis first
            effect = effect @ (signs if axis in used else np.ones(2)) / 2
        power.append(effect**2)
    return np.transpose(power)


def shares(outcome):
    """What each layer explains of the variance within replicates, with a bootstrap over them.

    Returns
    -------
    dict
        From EFFECTS to (share, low, high); empty if nothing varies.
    """
    power = effects(outcome)
    if not power.any():
        return {}
    random = np.random.default_rng(0)
    drawn = power[random.integers(0, len(power), (999, len(power)))].sum(axis=1)
    with np.errstate(invalid="ignore"):
        parts = drawn / drawn.sum(axis=1, keepdims=True)
    low, high = np.nanquantile(parts, (0.025, 0.975), axis=0)
    whole = power.sum(axis=0) / power.sum()
    return {key: (float(whole[i]), float(low[i]), float(high[i])) for i, key in enumerate(EFFECTS)}


def nested_pairs(recipe="table", widths=PAIR, n_seeds=200, progress=True):
    """Two widths in one stream, of two seeds, nested, and with no more than W1's sum in common.

    Where they share W1's sum alone, the wider network is drawn from another seed, and its W1 is
    multiplied so that it adds up to what that of the seed's own network does.

    Returns
    -------
    dict
        From "shared", TWO_SEEDS, "nested" and "W1's sum alone" to (differ, eta): whether the
        endings of each pair differ, (pairs,), and η λ₀ of both, (2, pairs). There is a pair for
        each seed, and of two seeds one for any two of them.
    """
    seeds, found = range(1, n_seeds + 1), {}
    plans = {name: grid_runs(recipe, widths, seeds, streams=name) for name in ("shared", "nested")}
    plans["W1's sum alone"] = plans["shared"][:n_seeds] + [
        replace(case, donor=(case.width, case.seed + STRANGER), blocks=BLOCKS, sums=("W1",))
        for case in plans["shared"][n_seeds:]
    ]
    few, more = np.nonzero(~np.eye(n_seeds, dtype=bool))
    for name, plan in plans.items():
        results = compute(probe, plan, label=f"pairs, {name}", progress=progress)
        ends, eta = (column(results, key).reshape(2, -1) for key in ("ending", "eta_sharpness"))
        found[name] = ends[0] != ends[1], eta
        if name == "shared":
            found[TWO_SEEDS] = ends[0][few] != ends[1][more], np.array([eta[0][few], eta[1][more]])
    return found


def grown(recipe="table", width=63, seed=1, n_draws=30, progress=True):
    """A network with all its weights kept and a neuron of another draw added to layer 1.

    W2 is on the scale of the new width.

    Returns
    -------
    list of dict
        The results of `probe`, one a draw.
    """
    plan = [
        Probe(
            *(width + 1, (seed + STRANGER + draw) % 2**32, as_recipe(recipe)),
            donor=(width, seed),
            blocks=BLOCKS,
        )
        for draw in range(n_draws)
    ]
    return compute(probe, plan, label="a neuron added", progress=progress)


def steps_beside(grafts, grown):
    """By how many per cent the η λ₀ of three networks is above that of the narrower of a pair.

    Parameters
    ----------
    grafts : list of list of dict
        Of `grafts`.
    grown : list of dict
        Of `grown`.

    Returns
    -------
    tuple of float
        On average of the narrower one with a neuron added, of the wider one, and of the wider one
        with the W3 of the narrower.
    """
    own = grafts[0][0]["eta_sharpness"]
    steps = (
        column(grown, "eta_sharpness").mean(),
        grafts[1][0]["eta_sharpness"],
        grafts[1][SUBSETS.index(("W3",))]["eta_sharpness"],
    )
    return tuple(float(100 * (step / own - 1)) for step in steps)


def difference(first, second):
    """Mean of `second` - `first`, run by run, with its bootstrap interval."""
    values = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    return (float(values.mean()), *bootstrap_interval(values))


# The lucky neurons ------------------------------------------------------------------------------


def lucky(recipe="table", n_seeds=20, width=64, seed=1, progress=True):
    """The runs of the population that end with few live neurons, and the article's 64.

    Returns
    -------
    (list of dict, list of dict, dict)
        Results of `survivors` and of `exchange`, and `survivors` of that one network.
    """
    cases, results = population(recipe, n_seeds, progress=progress)
    few = [c for c, r in zip(cases, results, strict=True) if r["ending"] == "few"]
    told = compute(survivors, few, label="survivors", progress=progress)
    exchanged = compute(exchange, few, label="exchanged", progress=progress)
    (own,) = compute(
        survivors, [Probe(width, seed, as_recipe(recipe))], label="one network", progress=progress
    )
    return told, exchanged, own


# The freeze -------------------------------------------------------------------------------------


def courses(recipe="table", widths=PAIR, seed=1, epochs=101, progress=True):
    """`course` of each width, by width."""
    recipe = as_recipe(recipe)
    recipe = replace(recipe, epochs=min(epochs, recipe.epochs))
    results = compute(course, grid_runs(recipe, widths, [seed]), label="course", progress=progress)
    return dict(zip(widths, results, strict=True))


def creeps(one, start, end):
    """Whether the largest W3 is one neuron's and grows with each update, from `start` to `end`."""
    largest, leader = one["largest"][start : end + 1], one["leader"][start : end + 1]
    return len(largest) > 1 and bool((np.diff(largest) > 0).all()) and len(set(leader)) == 1


def turn(one):
    """The last update of a course that leaves a first positive W3; 0 if there is none."""
    first = (one["positive"][1:] > 0) & (one["positive"][:-1] == 0)
    return int(np.flatnonzero(first).max(initial=-1)) + 1


def growth(one, start, updates=40):
    """How straight ln(largest W3) is after update `start`: its correlation with the update."""
    largest = one["largest"][start + 10 : start + updates]
    if len(largest) < 3 or largest.min() <= 0:
        return np.nan
    return float(np.corrcoef(np.arange(len(largest)), np.log(largest))[0, 1])


def frozen_at(recipe="table", width=64, seed=1, progress=True):
    """The median cost between the throw and the sixtieth update."""
    (trace,) = sweep(runs([width], [seed], [recipe]), label="frozen", progress=progress)
    return float(np.median(trace.cost[THROWN:60])) if len(trace.cost) > THROWN else np.nan


def handled(recipe="table", widths=PAIR, seed=1, progress=True):
    """Both networks with all W3 multiplied after the throw, by SIZES and by -SIZES.

    Returns
    -------
    dict
        From (width, "kept" or "turned"), the sign, to the endings in the order of SIZES.
    """
    found = {}
    for width in widths:
        for how, sign in (("kept", 1), ("turned", -1)):
            plan = [Altered(width, seed, as_recipe(recipe), factor=sign * x) for x in SIZES]
            results = compute(altered, plan, label=f"{width}, sign {how}", progress=progress)
            found[width, how] = [r["ending"] for r in results]
    return found


def inner(recipe="table", widths=PAIR, seed=1, progress=True):
    """The sums w and σ of the small map (`fma.throw`) after the throw, (widths, 2)."""
    cases = grid_runs(as_recipe(recipe), widths, [seed])
    found = compute(follow, cases, label="first sums", progress=progress)
    return np.array([(one["w"][-1], one["sigma"][-1]) for one in found])


def taken_out(recipe="table", width=64, seed=1, neurons=None, progress=True):
    """`altered` with a neuron of layer 2 taken out after the throw: of each neuron, in turn."""
    recipe = as_recipe(recipe)
    neurons = range(recipe.hidden) if neurons is None else neurons
    plan = [Altered(width, seed, recipe, without=int(neuron)) for neuron in neurons]
    return compute(altered, plan, label="one taken out", progress=progress)


def turned_back(recipe="table", width=64, seed=1, updates=(40, 50), progress=True):
    """`altered` with the positive W3 turned negative after one of these updates: of each update."""
    plan = [Altered(width, seed, as_recipe(recipe), at=at, back=True) for at in updates]
    return compute(altered, plan, label="turned back", progress=progress)


def places_at_start(recipe="table", width=64, seed=1, neuron=0):
    """The place of a layer-2 neuron before training, 1 the highest: in W3, in mean activation."""
    recipe, task = as_recipe(recipe), product_task()
    parameters = start(Probe(width, seed, recipe))
    act = ACTIVATIONS[recipe.activation](recipe.slope)
    active = forward(parameters, task.x_train, act)[3].mean(axis=0)
    return [int((x > x[neuron]).sum()) + 1 for x in (parameters.W3[:, 0], active)]


def endings_of(recipe="table", width=64, n_seeds=100, progress=True):
    """The endings of one width over the seeds from 1."""
    plan = grid_runs(recipe, [width], range(1, n_seeds + 1))
    results = compute(probe, plan, label="pairs, shared", progress=progress)
    return [r["ending"] for r in results]


@dataclass(frozen=True)
class Signs:
    """What the sign of W3 after the throw tells about runs near the border and beyond it."""

    near: list  # results of `probe`, fresh networks of all widths with η λ₀ in NEAR
    wide: list  # widths WIDE at the recipe's own learning rate
    sums: list  # of `near`: W3's sum after the throw
    inside: np.ndarray | None = None  # of `near`: inside its border, by the fit of chapter 7?

    @staticmethod
    def told(results):
        """How many runs the rule "a positive W3 is left: line; none: not" names, of how many."""
        right = [(r["positive_12"] > 0) == (r["ending"] == "line") for r in results]
        return sum(right), len(right)

    @staticmethod
    def guessed(results):
        """How many runs the commonest ending, line or not, names."""
        line = sum(r["ending"] == "line" for r in results)
        return max(line, len(results) - line), len(results)

    def by_sum(self):
        """How many of `near` the rule "W3's sum is positive: line; is not: not" names."""
        right = [
            (total > 0) == (r["ending"] == "line")
            for total, r in zip(self.sums, self.near, strict=True)
        ]
        return sum(right), len(right)

    def by_border(self):
        """How many of `near` the rule "inside its fitted border: line; beyond: not" names."""
        line = column(self.near, "ending") == "line"
        return int((self.inside == line).sum()), len(line)

    def by_step(self):
        """How many of `near` a threshold on η λ₀ names that was fitted to the other half."""
        eta, line = column(self.near, "eta_sharpness"), column(self.near, "ending") == "line"
        right = 0
        for half in (0, 1):
            fit, judge = np.arange(len(eta)) % 2 == half, np.arange(len(eta)) % 2 != half
            cut = max(eta[fit], key=lambda cut: ((eta[fit] <= cut) == line[fit]).sum())
            right += int(((eta[judge] <= cut) == line[judge]).sum())
        return right, len(eta)

    def table(self):
        """The rules near the border: head and rows of a table."""
        rules = {
            "a positive W3 is left": self.told(self.near),
            "W3's sum is positive": self.by_sum(),
            "η λ₀ and size of layer 1": (0, 0) if self.inside is None else self.by_border(),
            "threshold on η λ₀": self.by_step(),
            "commoner ending": self.guessed(self.near),
        }
        rows = [[name, str(k), str(n), share_words(k, n)] for name, (k, n) in rules.items()]
        return ["rule", "right", "of", "95 % interval"], rows

    @property
    def lost(self):
        """The epochs at which the runs near the border that die lose their last neuron."""
        died = column(self.near, "died")
        return died[died >= 0]


def signs(recipe="table", n_near=300, n_wide=12, n_border=3600, progress=True):
    """Make the runs of `Signs`, seeds that no other study uses, and fit `n_border` of chapter 7."""
    recipe, random = as_recipe(recipe), np.random.RandomState(2030)
    near = [
        Probe(
            int(random.randint(POPULATION_WIDTHS[0], POPULATION_WIDTHS[-1] + 1)),
            int(random.randint(2_000, 2**31)),
            any_rate(recipe),
            eta_sharpness=float(random.uniform(*NEAR)),
        )
        for _ in range(n_near)
    ]
    wide = grid_runs(recipe, WIDE, range(2_001, 2_001 + n_wide))
    found = border.made(near, "near the border", progress)
    two = border.fit(border.border_study(recipe, n_border, progress=progress), "size")
    return Signs(
        found.results,
        compute(probe, wide, label="wide", progress=progress),
        [f["r"][-1] for f in compute(follow, near, label="first sums", progress=progress)],
        None if two is None else two.log_odds(found) > 0,
    )


# Tables and words ------------------------------------------------------------------------------


def share_words(k, n):
    """Wilson's interval of a share in words: "12 % to 20 %"."""
    return "{:.0%} to {:.0%}".format(*wilson_interval(k, n)) if n else "–"


def graft_table(found, widths):
    """What `grafts` found: head and rows of a table, endings and then η λ₀."""
    head = [*(f"{w} ends" for w in widths), *(f"η λ₀ of {w}" for w in widths)]
    rows = [
        [
            " ".join(blocks) or "nothing",
            *(g["ending"] for g in pair),
            *(f"{g['eta_sharpness']:.2f}" for g in pair),
        ]
        for blocks, *pair in zip(SUBSETS, *found, strict=True)
    ]
    return ["taken from the other", *head], rows


def carried_table(found):
    """What `carried` found: head and rows of a table."""
    rows = [
        [" ".join(blocks), *("{} of {}".format(*found[blocks, d]) for d in ("other", "stranger"))]
        for blocks in SINGLE
    ]
    return ["layer", "the other's changes the ending", "a stranger's does"], rows


def nested_table(found):
    """What `nested_pairs` found: head and rows of a table.

    The pairs of two seeds have networks in common, so that Wilson's interval is not theirs.
    """
    rows = [
        [
            *(name, f"{len(differ):,}", f"{int(differ.sum()):,}"),
            "–" if name == TWO_SEEDS else share_words(int(differ.sum()), len(differ)),
            f"{np.corrcoef(eta)[0, 1]:.2f}",
        ]
        for name, (differ, eta) in found.items()
    ]
    return ["streams", "pairs", "differ", "95 % interval", "correlation of η λ₀"], rows


def handled_table(found):
    """What `handled` found: head and rows of a table."""
    rows = [[f"{size:g}", *ends] for size, *ends in zip(SIZES, *found.values(), strict=True)]
    return ["size of W3", *(f"{width}, sign {how}" for width, how in found)], rows


def tally(endings):
    """How often each ending came of each disturbance, in words."""
    counted = {how: Counter(names).items() for how, names in endings.items()}
    return "; ".join(
        f"{how}: " + ", ".join(f"{k} {name}" for name, k in counts)
        for how, counts in counted.items()
    )


def alike(results):
    """Ending and cost of runs of `altered` that all come to the same, in words; else "unlike"."""
    ends = {(r["ending"], f"{r['cost']:.0f}") for r in results}
    return "{}, at a cost of {}".format(*ends.pop()) if len(ends) == 1 else "unlike"


def part(parts, key):
    """A layer's share in words: "85 % (79 to 90)"."""
    share, low, high = parts.get(key, (np.nan,) * 3)
    return f"{100 * share:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def answers(one, *updates, form="{:.0f}"):
    """Mean answers of a course after these updates, in words."""
    found = [form.format(one["answer"][u]) if u < len(one["answer"]) else "–" for u in updates]
    return ", ".join(found).replace("-", "−")


# Figures ----------------------------------------------------------------------------------------


@chart
def ending_rows(layout, rows, title, xlabel="share of runs"):
    """Stacked shares of the endings: rows of (name, endings)."""
    figure, axis = layout.figure(title, 1.1 + 0.28 * len(rows))
    used = [n for n in ENDINGS if any(n in names for _, names in rows)]
    left = np.zeros(len(rows))
    for name in used:
        found = np.array([names.count(name) for _, names in rows])
        share = found / [max(len(names), 1) for _, names in rows]
        colour, hatch = ENDING_COLOURS[name], ENDING_HATCHES.get(name)
        look = {"color": colour, "hatch": hatch, "edgecolor": PAPER, "lw": 0, "height": 0.72}
        bars = axis.barh(range(len(rows)), share, left=left, label=name, **look)
        words = [f"{n}" if part > 0.07 else "" for n, part in zip(found, share, strict=True)]
        for text in axis.bar_label(bars, words, label_type="center", color=PAPER, weight="bold"):
            if hatch and text.get_text():
                text.set_bbox({"facecolor": colour, "lw": 0, "pad": 1})
        left += share
    figure.legend(loc="outside lower left", ncols=3 if layout.phone else 7, frameon=False)
    axis.set(yticks=range(len(rows)), yticklabels=[name for name, _ in rows], xlabel=xlabel)
    axis.set(ylim=(len(rows) - 0.5, -0.5))
    axis.set(xlim=(0, 1), xticks=[0, 0.5, 1], xticklabels=["0", "½", "all"])
    axis.grid(visible=False)
    return figure


def effect_name(key):
    """The name of a key of EFFECTS: "W1 × W2"."""
    return " × ".join(BLOCKS[i] for i in key)


@chart
def layers(layout, parts, title):
    """What each layer and each interplay explains, a dot with its interval."""
    rows = [(effect_name(key), *found, key == (0,)) for key, found in parts.items()]
    xlabel, limit = "share of the variance within pairs", max([row[3] for row in rows] + [0.01])
    figure, axis = layout.figure(title if rows else "All runs end alike", 0.97 + 0.27 * len(rows))
    for y, (_, value, low, high, marked) in enumerate(rows):
        colour = ACCENT if marked else INK
        axis.plot((low, high), (y, y), color=colour, lw=1.4)
        axis.plot(value, y, "o", color=colour)
        label(axis, high, y, f"{value:.0%}", shift=5, va="center", color=colour)
    axis.set(yticks=range(len(rows)), yticklabels=[row[0] for row in rows], xlabel=xlabel)
    axis.set(ylim=(max(len(rows), 1) - 0.5, -0.5), xlim=(-0.02, 1.12 * limit))
    axis.grid(axis="y", visible=False)
    axis.grid(axis="x", visible=True)
    return figure


@chart
def luck(layout, told):
    """The AUC of the initial W3 of every run, beside the same values dealt at random."""
    known = [r for r in told if np.isfinite(r["auc"])]
    median = np.median(column(known, "auc")) if known else np.nan
    title = f"Who will live stands in W3 at the start: median {median:.2f}, by chance 0.5"
    title = title if known else "No run ends with few live neurons"
    figure, axis = layout.figure(title, 3.2)
    if not known:
        axis.text(0.5, 0.5, "no run ends so", transform=axis.transAxes, ha="center")
        return figure
    eta = column(known, "eta_sharpness")
    for name, colour, marker in (("auc_chance", AXIS, "x"), ("auc", ACCENT, "o")):
        axis.plot(eta, column(known, name), marker, color=colour, ms=4, ls="")
    axis.axhline(0.5, color=INK, lw=0.9, ls=(0, (4, 3)))
    label(axis, eta.min(), 1.06, "● initial W3", color=ACCENT, va="center")
    label(axis, np.median(eta), 1.06, "× dealt at random", color=INK, va="center")
    axis.set(ylim=(-0.04, 1.12), xlabel="η λ₀", ylabel="chance to tell a survivor")
    return figure


@chart
def throw_and_freeze(layout, found, truth):
    """The mean answer and the number of positive W3 of each width, update by update."""
    widths = " and ".join(map(str, found))
    title = f"The mean answer of {widths}: the throw, and what follows"
    shape, height = ((2, 1), 5.2) if layout.phone else ((1, 2), 3.1)
    figure, axes = layout.figure(title, height, *shape)
    looks = list(zip(found.items(), (INK, ACCENT), ("-", (0, (4, 1.5))), strict=False))
    for axis, steps in zip(axes, (slice(0, THROWN + 1), slice(THROWN, None)), strict=True):
        ends = []
        for (_, one), colour, style in looks:
            y = one["answer"][steps]
            x = np.arange(len(one["answer"]))[steps]
            axis.plot(x, y, color=colour, ls=style, marker="o" if len(x) < 20 else "", ms=3)
            ends.append((x[-1], y[-1]) if len(x) else (THROWN, truth))
        low, high = axis.get_ylim()
        places = spread([y for _, y in ends], 0.07 * (high - low))
        for ((width, _), colour, _), (x, _), y in zip(looks, ends, places, strict=True):
            label(axis, x, y, f"{width}", shift=4, color=colour, va="center")
    for axis in axes:
        axis.axhline(truth, color=AXIS, lw=0.9, ls=(0, (1, 2)))
        axis.set(xlabel="update")
    label(axes[0], 7, truth, "truth", color=INK, va="bottom")
    axes[0].set(ylabel="mean answer", title=f"updates 0 to {THROWN}")
    axes[1].set(title="what follows")
    return figure


# The claim --------------------------------------------------------------------------------------


@claim(
    "C24",
    rule="Runs over widths and seeds that end with few live neurons. Holds if the initial W3 tells "
    f"who is alive at the end (AUC above {CLEAR} at the median) and if in most of them the ending "
    "changes when the survivors start from average W3, and in fewer when as many others do.",
    place="08_is_it_w2#luck",
    scope=POPULATION,
)
def decisive_neuron(s):
    """Whether luck at the start tells who survives, and whether it decides how the run ends."""
    told, exchanged, own = lucky(s.recipe, s.sizes.seeds, seed=s.seed, progress=s.progress)
    known = column([r for r in told if np.isfinite(r["auc"])], "auc") if told else np.array([])
    was = (
        "asked whether the later winner began first of all in W3 or Z2 (8 of 28 in W3, 1 in Z2), "
        "and found that it did not: does not hold."
    )
    if not len(known):
        return Finding(
            UNTESTED, f"No run under {s.name} ends with few live neurons.", {"runs": 0}, was=was
        )
    changed = [np.mean([r[w] != r["ending"] for r in exchanged]) for w in ("without", "control")]
    told_by = float(np.median(known))
    reverse = int((known < 1 - CLEAR).sum())
    holds = told_by > CLEAR and changed[0] > 0.5 and changed[0] > changed[1]
    follows = np.nanmean(column(exchanged, "to_w3"))
    return Finding(
        HOLDS if holds else FAILS,
        f"In {many(len(known), 'run')} the initial W3 tells a survivor with a median AUC of "
        f"{told_by:.2f} (the other way round in {reverse}); if W3 is exchanged {percent(follows)} "
        f"of those who got it survive. Yet without that luck {percent(changed[0])} of the runs "
        f"end otherwise ({percent(changed[1])} if others lose theirs): who lives is told, how the "
        "run ends is not.",
        {
            "runs": len(known),
            "auc_median": told_by,
            "auc_64": own["auc"],
            "other_way_round": reverse,
            "follow_w3": follows,
            "follow_w2": np.nanmean(column(exchanged, "to_w2")),
            "ending_changes": changed[0],
            "ending_changes_control": changed[1],
        },
        Picture(
            "chance that the initial W3 tells a survivor (AUC)",
            {
                "initial W3": known,
                "dealt at random": column([r for r in told if np.isfinite(r["auc"])], "auc_chance"),
            },
            CLEAR,
        ),
        was=was,
    )
