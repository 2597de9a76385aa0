"""What the article says of its regimes, judged on endings that are one thing each (chapter 3)."""

from collections import Counter

import numpy as np

from fma.chapters.article import EPOCH
from fma.chapters.experiments import eight_widths, population
from fma.chapters.ledger import FAILS, HOLDS, POPULATION, UNTESTED, Finding, Picture, claim
from fma.chapters.single_runs import weakened
from fma.chapters.words import column, many, percent
from fma.network import ACTIVATIONS, forward
from fma.regimes import regime
from fma.statistics import wilson_interval
from fma.sweeps import compute
from fma.task import TASKS

SPREAD, DOMINATED = 0.25, 0.5  # of the outputs of layer 2, the share of the two largest
MOST = 0.95  # of the runs that a statement about all of a kind has to hold for
ORDER = ("dead", "plateau", "converge")  # by Z2_max
BY_ALIVE = ("dead", "converge", "plateau")


# Endings in general -----------------------------------------------------------------------------


def concentration(recipe="table", n_seeds=20, name="ending", *, progress=True):
    """The share of the two largest outputs of layer 2, by ending (or by regime).

    Returns
    -------
    dict of str to array
        One value a run of the population of widths and seeds.
    """
    results = population(recipe, n_seeds, progress=progress)[1]
    names = sorted({r[name] for r in results} - {"diverged"})
    return {key: column([r for r in results if r[name] == key], "top_two") for key in names}


def with_interval(good):
    """A share in words with Wilson's interval: "12 of 40 (17 to 45 %)"."""
    k, n = int(np.sum(good)), len(good)
    low, high = wilson_interval(k, n)
    return f"{k} of {n} ({100 * low:.0f} to {100 * high:.0f} %)"


def weak_gradients(recipe="table", n_seeds=20, *, progress=True):
    """`weakened` of every run of the population that ends with no neuron alive."""
    cases, results = population(recipe, n_seeds, progress=progress)
    dead = [c for c, r in zip(cases, results, strict=True) if r["regime"] == "dead"]
    return compute(weakened, dead, label="weakened", progress=progress)


def two_thresholds(values, names, order=ORDER):
    """The two thresholds that name most runs: the first of `order` below, the last above.

    Returns
    -------
    (float, float)
    """
    rank = np.array([order.index(name) for name in names])
    cuts = np.concatenate([[-np.inf], np.sort(values), [np.inf]])
    below = [np.array([(rank[values < c] == k).sum() for c in cuts]) for k in range(3)]
    best = -1, 0, 0
    for i in range(len(cuts)):
        right = below[0][i] + (below[1][i:] - below[1][i]) + below[2][-1] - below[2][i:]
        j = int(right.argmax())
        best = max(best, (int(right[j]), i, i + j))
    return float(cuts[best[1]]), float(cuts[best[2]])


def name_by(values, thresholds, order=ORDER):
    """The names that two thresholds give."""
    low, high = thresholds
    return np.where(values < low, order[0], np.where(values < high, order[1], order[2]))


def separated(results, seeds, folds=5, indicator=f"z2_max_{EPOCH}", order=ORDER):
    """How many runs an indicator names whose seed took no part in choosing the two thresholds.

    Returns
    -------
    (int, int, int)
        Named rightly by the thresholds; by the commonest regime alone; runs.
    """
    seen = [i for i, r in enumerate(results) if r["regime"] in ORDER]
    names = np.array([results[i]["regime"] for i in seen])
    values = np.array([results[i][indicator] for i in seen])
    fold = np.array([seeds[i] for i in seen]) % folds
    right = 0
    for k in np.unique(fold):
        cuts = two_thresholds(values[fold != k], names[fold != k], order)
        right += int((name_by(values[fold == k], cuts, order) == names[fold == k]).sum())
    return right, max(int((names == name).sum()) for name in ORDER), len(names)


def by_width(results, cases, folds=5):
    """How many runs the commonest regime of their width names, counted on other seeds alone.

    Where several are as common, a run counts in part.
    """
    runs = [(c, r["regime"]) for c, r in zip(cases, results, strict=True) if r["regime"] in ORDER]
    right = 0
    for case, name in runs:
        others = [n for c, n in runs if c.width == case.width and (c.seed - case.seed) % folds]
        counts = Counter(others)
        commonest = [n for n, count in counts.items() if count == max(counts.values())]
        right += (name in commonest) / max(len(commonest), 1)
    return right


# The claims -------------------------------------------------------------------------------------


@claim(
    "C05",
    rule="Runs over widths and seeds that end as a line that most of layer 2 draws: the two "
    f"largest of its outputs are below a quarter of the sum; holds if so in {MOST:.0%} of them.",
    place="03_smoking_gun#population",
    scope=POPULATION,
)
def plateau_is_spread(s):
    """Whether activity is spread where all neurons draw a line."""
    found = concentration(s.recipe, s.sizes.seeds, progress=s.progress)
    line = found.get("line", np.array([]))
    was = _former_rule(s, "plateau", "learning", lambda shares: shares < SPREAD)
    if not len(line):
        return Finding(UNTESTED, "No run ends as a line.", {"runs": 0}, was=was)
    part = np.mean(line < SPREAD)
    return Finding(
        HOLDS if part >= MOST else FAILS,
        f"Spread so: {with_interval(line < SPREAD)} runs; at the median the two largest of "
        f"{s.recipe.hidden} outputs are {percent(np.median(line))} of the sum.",
        {"runs": len(line), "share_spread": part, "median_top_two": np.median(line)},
        Picture("share of the two largest outputs", found, SPREAD),
        was=was,
    )


def _former_rule(s, name, others, as_said):
    """What the rule gave that went by the article's regimes, whatever the ending."""
    named = concentration(s.recipe, s.sizes.seeds, "regime", progress=s.progress)
    shares = named.get(name, [])
    was = (
        f"the same for every run that the article's rule calls {name}, {others} ones among "
        "them: so in "
    )
    if not len(shares):
        return f"{was}none, {UNTESTED}."
    part = np.mean(as_said(shares))
    return f"{was}{percent(part)} of {len(shares)}, {HOLDS if part >= MOST else FAILS}."


@claim(
    "C06",
    rule="Dead runs over widths and seeds: every Z2 is negative at the end, and in that same state "
    "the error that reaches W2 is 100 times weaker (within 1 %) than with slope 1 in layer 2. The "
    "first is what dead means, the second LeakyReLU's slope: definition and algebra, no finding.",
    place="03_smoking_gun#population",
    scope=POPULATION,
)
def dead_is_weak(s):
    """The same state with the leak's slope and with slope 1."""
    results = population(s.recipe, s.sizes.seeds, progress=s.progress)[1]
    norms = {
        name: column([r for r in results if r["regime"] == name], f"dw2_norm_{EPOCH}")
        for name in ("dead", "plateau")
    }
    was = f"compared ‖dW2‖ at epoch {EPOCH} with that of plateaus, whose error is smaller: "
    if not len(norms["dead"]):
        was += f"no run is dead, {UNTESTED}."
        return Finding(UNTESTED, f"Under {s.name} no run dies.", {"dead_runs": 0}, was=was)
    found = weak_gradients(s.recipe, s.sizes.seeds, progress=s.progress)
    middle, flat = (np.nanmedian(n) if len(n) else np.nan for n in norms.values())
    ratio = middle / flat
    former = UNTESTED if np.isnan(ratio) else HOLDS if ratio <= 1 / 30 else FAILS
    was += (
        f"{ratio:.1f} times as large, where at most 1/30 was asked for, {former}. A rule in "
        "between, under which the answer changed with the slope, too, was tried on few runs: "
        f"{FAILS}."
    )
    factor, signal = column(found, "factor"), column(found, "signal")
    negative = all(r["alive"] == 0 for r in found)
    weak = bool((np.abs(signal - 100) < 1).all())
    return Finding(
        HOLDS if negative and weak else FAILS,
        f"In {many(len(found), 'dead run')} every Z2 is "
        f"{'negative' if negative else 'not negative'}, and slope 1 would pass on "
        f"{np.nanmedian(signal):.0f} times the error; were the answer computed with it too, the "
        f"gradient of W2 would be {np.nanmedian(factor):.0f} times larger at the median. As it "
        f"stands its norm at epoch {EPOCH} is {middle:.1f} at the median"
        + (f", {flat:.1f} on plateaus." if flat == flat else "."),
        {
            "dead_runs": len(found),
            "signal_median": np.nanmedian(signal),
            "factor_median": np.nanmedian(factor),
            "dw2_dead": middle,
        },
        Picture(
            "gradient of W2 with slope 1 in layer 2, times that with the leak",
            {"dead": factor[np.isfinite(factor)]},
            100,
            log=True,
        ),
        was=was,
    )


@claim(
    "C07",
    rule="Runs over widths and seeds that end as a line that few neurons draw: the two largest "
    f"outputs of layer 2 are more than half of the sum; holds if so in {MOST:.0%} of them.",
    place="03_smoking_gun#population",
    scope=POPULATION,
)
def few_dominate(s):
    """Whether one or two neurons dominate where few draw a line."""
    found = concentration(s.recipe, s.sizes.seeds, progress=s.progress)
    few = found.get("few", np.array([]))
    was = _former_rule(s, "converge", "frozen", lambda shares: shares > DOMINATED)
    traces = eight_widths(s.recipe, s.seed, progress=s.progress)
    its = [_top_two(t) for t in traces.values() if 0 < t.alive[-1] < s.recipe.hidden / 2]
    if not len(few):
        return Finding(UNTESTED, f"No run ends so under {s.name}.", {"runs": 0}, was=was)
    part = np.mean(few > DOMINATED)
    verdict = HOLDS if part >= MOST else FAILS
    own = its and all(x > DOMINATED for x in its)
    other = ""
    if its and own != (verdict == HOLDS):
        other = (
            f"In the article's own {many(len(its), 'converge run')} the two largest carry "
            f"{percent(min(its))} or more: there it {'holds' if own else 'does not hold'}."
        )
    return Finding(
        verdict,
        f"So in {with_interval(few > DOMINATED)} runs; the two largest carry {percent(few.min())} "
        f"to {percent(few.max())} of the output, {percent(np.median(few))} at the median.",
        {"runs": len(few), "share_dominated": part, "median_top_two": np.median(few)},
        Picture("share of the two largest outputs", found, DOMINATED),
        other=other,
        was=was,
    )


def _top_two(trace):
    """The share of the two largest outputs of layer 2 after the last update."""
    recipe, p = trace.recipe, trace.parameters
    act = ACTIVATIONS[recipe.activation](recipe.slope)
    A2 = forward(p, TASKS[trace.task]().x_train, act)[3]
    output = np.sort(np.abs(p.W3[:, 0] * A2.mean(axis=0)))[::-1]
    return float(output[:2].sum() / output.sum())


@claim(
    "C09",
    rule=f"Runs over widths and seeds: two thresholds on Z2_max at epoch {EPOCH}, dead below "
    "plateau below converge, chosen on other seeds, name at least 99 % of the regimes.",
    place="03_smoking_gun#population",
    scope=POPULATION,
)
def z2_max_separates(s):
    """Whether Z2_max tells the article's three regimes apart."""
    cases, results = population(s.recipe, s.sizes.seeds, progress=s.progress)
    present = [name for name in ORDER if any(r["regime"] == name for r in results)]
    values = {
        n: column([r for r in results if r["regime"] == n], f"z2_max_{EPOCH}") for n in present
    }
    was = "chose the thresholds on the very runs that they named: "
    if len(present) < 3:
        return Finding(
            UNTESTED,
            f"Under {s.name} only {' and '.join(present) or 'diverged runs'} occur.",
            {"runs": len(results)},
            was=f"{was}{UNTESTED}.",
        )
    seeds = [c.seed for c in cases]
    right, guessed, n = separated(results, seeds)
    alive = separated(results, seeds, indicator=f"alive_{EPOCH}", order=BY_ALIVE)[0]
    width = by_width(results, cases)
    seen = np.concatenate(list(values.values()))
    names = np.repeat(present, [len(each) for each in values.values()])
    known = int((name_by(seen, two_thresholds(seen, names)) == names).sum())
    was += f"so {percent(known, n)} were named, {HOLDS if known >= 0.99 * n else FAILS}."
    traces = eight_widths(s.recipe, s.seed, progress=s.progress)
    groups = {}
    for trace in traces.values():
        groups.setdefault(regime(trace), []).append(trace.z2_max[min(EPOCH, len(trace.cost) - 1)])
    own = set(ORDER) <= set(groups) and (
        max(groups["dead"]) < min(groups["plateau"])
        and max(groups["plateau"]) < min(groups["converge"])
    )
    verdict = HOLDS if right >= 0.99 * n else FAILS
    other = ""
    if own and verdict == FAILS:
        other = "In the article's own eight runs it does separate the three: there it holds."
    return Finding(
        verdict,
        f"Thresholds chosen on other seeds name {percent(right, n)} of {many(n, 'run')}; such "
        f"thresholds on the neurons alive at epoch {EPOCH}, by which the regimes are defined in "
        f"the end, {percent(alive, n)}, the commonest regime of the width {percent(width, n)}, the "
        f"commonest of all {percent(guessed, n)}.",
        {
            "runs": n,
            "named": right / n,
            "named_by_alive": alive / n,
            "named_by_width": width / n,
            "guessed": guessed / n,
        },
        Picture(f"Z2_max at epoch {EPOCH}", values, 0),
        other=other,
        was=was,
    )
