"""Chapter 9: what the networks have learned, a line or the product, told by the interaction."""

from collections import defaultdict
from dataclasses import replace

import numpy as np

from fma.baselines import baselines, best_affine
from fma.chapters.article import WIDTHS
from fma.chapters.experiments import PAIR, eight_widths, population
from fma.chapters.ledger import (
    FAILS,
    HOLDS,
    ITS_RUNS,
    POPULATION,
    UNTESTED,
    Finding,
    Picture,
    claim,
)
from fma.chapters.words import column, many, two_digits
from fma.figures import AXIS, ENDING_COLOURS, chart
from fma.network import ACTIVATIONS, forward
from fma.probe import Probe, probe_and_surface
from fma.recipe import RECIPES, as_recipe
from fma.regimes import ENDINGS, REGIMES, STRAIGHT, ending, regime
from fma.surface import grid, interaction, surface
from fma.sweeps import compute, runs, sweep
from fma.task import product_task, sum_task

LEARNED = 0.5  # of the product's interaction: a network with more, below the best plane, learned it
SUM_LEARNED = 0.05  # of the variance of m + a


def learned(trace):
    """The split of a run's surface, see `fma.surface.interaction`; nan if it diverged."""
    values = surface(trace.parameters, trace.recipe.slope, trace.recipe.activation)
    return interaction(np.full_like(values, np.inf) if regime(trace) == "diverged" else values)


def models():
    """What stands beside the networks: name to (cost, split) of two planes and of the product."""
    line, (m, _) = baselines(product_task()), grid()
    plane, product = interaction(np.add.outer(m, m)), interaction(np.outer(m, m))
    return {
        "plane through 0": (line["origin"], plane),
        "best plane": (line["affine"], plane),
        "m·a": (0.0, product),
    }


def plane(trace):
    """The plane b·m + c·a + d that comes nearest to a network's answers on the training rows."""
    task, recipe = product_task(), trace.recipe
    act = ACTIVATIONS[recipe.activation](recipe.slope)
    answers = forward(trace.parameters, task.x_train, act)[-1]
    return best_affine(task._replace(y_train=answers))


def apart(first, second):
    """Root mean square of the difference of two networks' answers, over the grid."""
    a, b = (surface(t.parameters, t.recipe.slope, t.recipe.activation) for t in (first, second))
    return float(np.sqrt(((a - b) ** 2).mean()))


def long_runs(n_seeds=20, epochs=10_000, *, progress=True):
    """Widths 63 and 64 under `long`: the traces of the article's seed test (E4)."""
    recipe = replace(RECIPES["long"], epochs=epochs)
    return sweep(runs(PAIR, range(1, n_seeds + 1), [recipe]), label="seed test", progress=progress)


def run_on(recipe="table", seed=1, epochs=10_000, *, progress=True):
    """The eight widths of a recipe, trained for longer."""
    recipe = replace(as_recipe(recipe), epochs=epochs)
    return sweep(runs(WIDTHS, [seed], [recipe]), label="run on", progress=progress)


def to_thousand(recipe="table", n_seeds=20, epochs=1_000, *, progress=True):
    """Train the plateaus and the converge runs of the population on: which of them learn it?

    Returns
    -------
    list of (str, str, Probe, bool)
        Of each run its regime and its ending at the recipe's own last epoch, what was run before,
        and whether it has learned after `epochs`.
    """
    cases, results = population(recipe, n_seeds, progress=progress)
    on = [
        (case, r["regime"], r["ending"])
        for case, r in zip(cases, results, strict=True)
        if r["regime"] in ("plateau", "converge")
    ]
    recipe = replace(as_recipe(recipe), epochs=epochs)
    plan = [Probe(case.width, case.seed, recipe) for case, *_ in on]
    later = compute(probe_and_surface, plan, label="on", progress=progress)
    return [
        (*names, case, has_learned(result, result["cost"]))
        for (case, *names), result in zip(on, later, strict=True)
    ]


def by_thousand(trained):
    """From each regime and each ending before to (learned, runs) of `to_thousand`."""
    found = defaultdict(lambda: (0, 0))
    for *names, _, good in trained:
        for name in names:
            learned, n = found[name]
            found[name] = learned + good, n + 1
    return found


def widths(trained):
    """The widths of the runs of `to_thousand` that had ended as few, and as a line.

    Returns
    -------
    (str, bool, set)
        Both in words, whether the few are the wider ones, by their medians, and the widths of both.
    """
    few, lines = (
        [case.width for _, was, case, _ in trained if was == name] for name in ("few", "line")
    )
    spans = [f"{min(some)} to {max(some)}" if some else "none" for some in (few, lines)]
    wider = bool(few and lines and np.median(few) > np.median(lines))
    return " against ".join(spans), wider, {*few} & {*lines}


def rules(trained, fitted=5):
    """How often two rules tell which runs of `to_thousand` have learned.

    One calls those learned that had converged. The other those from a width on, which is chosen
    on the seeds up to `fitted` alone. Both are judged on the other seeds.

    Returns
    -------
    (int, int, int, int)
        That width; right by it; right by the regime; and runs. The width is 0 if there are no runs
        to choose it on.
    """
    rows = [(case.seed, case.width, regime_, good) for regime_, _, case, good in trained]
    known = [(width, good) for seed, width, _, good in rows if seed <= fitted]
    cuts = sorted({width for width, _ in known}) or [0]
    cut = max(cuts, key=lambda cut: sum((width >= cut) == good for width, good in known))
    fresh = [row for row in rows if row[0] > fitted]
    return (
        cut,
        sum((width >= cut) == good for _, width, _, good in fresh),
        sum((name == "converge") == good for *_, name, good in fresh),
        len(fresh),
    )


def endings_of(traces, *names, before=None):
    """The endings of traces, by width, of the regimes `names`; in `before`, if that is given."""
    return [ending(t) for w, t in traces.items() if regime((before or traces)[w]) in names]


def has_learned(split, cost):
    """Whether a run has more than half of the interaction and costs less than the best plane."""
    return bool(split["captured"] > LEARNED and cost < baselines(product_task())["affine"])


def sums(recipes, seed=1, *, progress=True):
    """The eight widths on m + a under each recipe: name to traces."""
    return {
        name: sweep(
            runs(WIDTHS, [seed], [recipe], ["sum"]), label=f"sum, {name}", progress=progress
        )
        for name, recipe in recipes.items()
    }


def sum_failed(traces):
    """The widths that do not learn the sum to 5 % of its variance."""
    limit = SUM_LEARNED * float(sum_task().y_train.var())
    return [t.width for t in traces if not t.cost[-1] <= limit]


def winner_interaction(trace):
    """The interaction's share of the variance of layer-2 activations over (m, a).

    Returns
    -------
    (float, float, bool)
        Of the neuron that carries most of the output; the median over all that are alive; and
        whether the first is active at every point.
    """
    side, points = len(grid()[0]), grid()[1]
    act = ACTIVATIONS[trace.recipe.activation](trace.recipe.slope)
    Z2, A2 = forward(trace.parameters, points, act)[2:4]
    winner = np.argmax(np.abs(trace.parameters.W3[:, 0] * A2.mean(axis=0)))
    share = [interaction(a.reshape(side, side))["share"] for a in A2.T]
    usual = float(np.median(np.array(share)[Z2.max(axis=0) > 0]))
    return share[winner], usual, bool((Z2[:, winner] > 0).all())


def renamed(results, factor=3):
    """How many runs get another ending if the limit of what is straight is thrice or a third."""
    open_ = [r["bend"] for r in results if r["ending"] in ("bent", "line", "few", "leak")]
    return sum(STRAIGHT / factor <= bend < STRAIGHT * factor for bend in open_)


def learned_rows(traces):
    """What the runs answer, beside `models`, as rows of a table; `traces` by width."""
    rows = [[str(w), regime(t), ending(t), t.cost[-1], learned(t)] for w, t in traces.items()] + [
        [name, "", "", cost, split] for name, (cost, split) in models().items()
    ]
    return [
        [*names, f"{cost:,.0f}", f"{100 * s['share']:.2f} %", f"{100 * s['captured']:z.0f} %"]
        for *names, cost, s in rows
    ]


def ending_rows(results):
    """How many runs of each ending have which regime, and their costs, as rows of a table."""
    rows = []
    for name in ENDINGS:
        found = [r for r in results if r["ending"] == name]
        if found:
            counts = [str(sum(r["regime"] == x for r in found)) for x in REGIMES]
            costs = column(found, "cost")
            rows.append([name, *counts, f"{min(costs):,.0f} to {max(costs):,.0f}"])
    return rows


def later_rows(long, on, short):
    """Runs of `long` and the eight widths trained `on`, as rows of a table."""
    groups = {f"long, {w}": [t for t in long if t.width == w] for w in PAIR}
    groups |= {
        f"run on, {name} before": [t for t in on if regime(short[t.width]) == name]
        for name in REGIMES
    }
    rows = []
    for name, traces in groups.items():
        if traces:
            split, cost = (
                [100 * learned(t)["captured"] for t in traces],
                [t.cost[-1] for t in traces],
            )
            names = ", ".join(sorted({ending(t) for t in traces}))
            captured = f"{min(split):z.0f} to {max(split):z.0f} %"
            costs = f"{min(cost):,.0f} to {max(cost):,.0f}"
            rows.append([name, str(len(traces)), costs, captured, names])
    return rows


def pictures(traces):
    """Name, surface and colour of each trace, for `surfaces`."""
    return [
        (
            f"{t.width}, {ending(t)}",
            surface(t.parameters, t.recipe.slope, t.recipe.activation),
            ENDING_COLOURS[ending(t)],
        )
        for t in traces
    ]


def captures(named):
    """In words, how much of the interaction each of some `pictures` captures."""
    shares = [(title, 100 * interaction(values)["captured"]) for title, values, _ in named]
    return "; ".join(
        f"{title} captures {share:z.0f} % of the interaction" for title, share in shares
    )


@chart
def surfaces(layout, named, target):
    """Contours of learned surfaces beside the target's: named arrays (points, points)."""
    across = 2 if layout.phone else min(4, len(named))
    down = -(-len(named) // across)
    title = "What they answer: contours of the network (solid) and of m·a (dotted)"
    figure, axes = layout.figure(
        title, 0.2 + 1.95 * down, down, across, sharex=True, sharey=True, squeeze=False
    )
    side, levels = len(target), [10, 30, 50, 70, 90]
    values = 1 + 9 * (np.arange(side) + 0.5) / side
    for axis, (name, answer, colour) in zip(axes.flat, named, strict=False):
        axis.contour(
            *(values, values, target.T),
            levels=levels,
            colors=AXIS,
            linewidths=0.9,
            linestyles="dotted",
        )
        axis.contour(values, values, answer.T, levels=levels, colors=colour, linewidths=1.3)
        axis.set_title(name, color=colour)
        axis.set(box_aspect=1, xticks=[1, 5, 10], yticks=[1, 5, 10])
        axis.grid(False)
    for axis in axes.flat[len(named) :]:
        axis.set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("m")
    for axis in axes[:, 0]:
        axis.set_ylabel("a")
    return figure


def _later(trained):
    """What the rule of C08 gives of `to_thousand`, and what it gives of straight answers alone."""
    soon, (cut, *right, n) = by_thousand(trained), rules(trained)
    names = ("converge", "plateau"), ("few", "line")
    by_regime, by_ending = ([soon[name] for name in pair] for pair in names)
    verdicts = [HOLDS if _holds(*found) else FAILS for found in (by_regime, by_ending)]
    (more, n_more), (flat, n_flat) = by_regime
    (few, n_few), (line, n_line) = by_ending
    return (
        f"After 1,000 epochs {more} of {n_more} of the runs that had converged have learned it and "
        f"{flat} of {n_flat} that had been plateaus: {verdicts[0]}. Of those with straight answers "
        f"alone {few} of {n_few} and {line} of {n_line}: {verdicts[1]}. To call the runs from "
        f"width {cut} on learned, chosen on five seeds, is right in {right[0]} of {n} runs of the "
        f"others, to call the converge runs so in {right[1]}."
    )


def _holds(converge, plateau):
    """The rule of C08, by (learned, runs) of each."""
    return converge[0] > converge[1] / 2 and plateau[0] <= plateau[1] / 20


@claim(
    "C08",
    rule="Runs over widths and seeds, named by the article's rule: learned means more than half of "
    "the product's interaction and a cost below the best plane's. Holds if most converge runs "
    "learned and at most 5 % of the plateaus.",
    place="09_what_it_learned#later",
    scope=POPULATION,
)
def converge_alone_learns(s):
    """Who learns the product."""
    results = population(s.recipe, s.sizes.seeds, progress=s.progress)[1]
    good = {
        name: [has_learned(r, r["cost"]) for r in results if r["regime"] == name]
        for name in ("converge", "plateau")
    }
    traces = long_runs(s.sizes.seeds, s.sizes.long_epochs, progress=s.progress)
    late = [t for t in traces if has_learned(learned(t), t.cost[-1])]
    called = sum(regime(t) == "plateau" for t in late)
    if not all(good.values()):
        missing = " or ".join(name for name, found in good.items() if not found)
        return Finding(UNTESTED, f"Under {s.name} no run ends as {missing}.", {})
    counts = [(sum(found), len(found)) for found in good.values()]
    share = {name: float(np.mean(found)) for name, found in good.items()}
    captured = {
        name: column([r for r in results if r["regime"] == name], "captured") for name in good
    }
    trained = to_thousand(s.recipe, s.sizes.seeds, progress=s.progress)
    eight = eight_widths(s.recipe, s.seed, progress=s.progress).values()
    own = sum(has_learned(learned(t), t.cost[-1]) for t in eight)
    return Finding(
        HOLDS if _holds(*counts) else FAILS,
        f"After {s.recipe.epochs:,} epochs {sum(good['converge'])} of "
        f"{many(len(good['converge']), 'converge run')} and {sum(good['plateau'])} of "
        f"{many(len(good['plateau']), 'plateau run')} learned it, and {own} of the article's "
        f"eight. Under long {len(late)} of {len(traces)} learn it, and the rule calls {called} of "
        "them plateaus.",
        {
            "learned_converge": share["converge"],
            "learned_plateau": share["plateau"],
            "learned_long": len(late),
            "long_called_plateau": called,
        },
        Picture("share of the product's interaction", captured, LEARNED),
        other=_later(trained),
    )


@claim(
    "C18",
    rule="Under a recipe: the sum is learned at every one of the eight widths, to a cost of at "
    "most 5 % of the variance of m + a.",
    place="09_what_it_learned#sum-costs",
    scope=ITS_RUNS,
)
def sum_is_learned(s):
    """The sum under every recipe."""
    variance = float(sum_task().y_train.var())
    long = replace(RECIPES["long"], epochs=s.sizes.long_epochs)
    found = sums(s.recipes | {"long": long}, s.seed, progress=s.progress)
    worst = {
        name: max((float(t.cost[-1]), t.width) for t in traces) for name, traces in found.items()
    }
    return Finding(
        s.under({name: not sum_failed(traces) for name, traces in found.items()}),
        f"Worst of the eight widths, against a variance of {variance:.1f}: "
        + "; ".join(
            f"{name} {two_digits(cost)} at {width}" for name, (cost, width) in worst.items()
        )
        + ".",
        {"variance": variance} | {f"worst_{name}": cost for name, (cost, _) in worst.items()},
        Picture(
            "cost of the sum",
            {name: np.array([t.cost[-1] for t in traces]) for name, traces in found.items()},
            SUM_LEARNED * variance,
            log=True,
        ),
    )


@claim(
    "C19",
    rule="Converge runs of the eight widths: the activation of the neuron that carries most of the "
    "output is split over (m, a) into an additive function and an interaction; holds if the "
    "interaction's share is at least half of the product's in most of them.",
    place="09_what_it_learned#learned",
    scope=ITS_RUNS,
)
def winner_encodes_interaction(s):
    """The dominant neuron, beside the median neuron of its network."""
    traces = eight_widths(s.recipe, s.seed, progress=s.progress).values()
    values = [winner_interaction(t) for t in traces if regime(t) == "converge"]
    product = models()["m·a"][1]["share"]
    if not values:
        return Finding(UNTESTED, f"No width converges under {s.name}.", {"neurons": 0})
    winner, usual, on = np.transpose(values)
    return Finding(
        HOLDS if np.median(winner) >= 0.5 * product else FAILS,
        f"The interaction is at most {100 * winner.max():.2g} % of the variance of the dominant "
        f"neuron in {many(len(winner), 'run')}, and {100 * product:.1f} % of that of the product: "
        f"{int(on.sum())} of these neurons are active at every m and a, so that their activation "
        "is as straight as what layer 1 sends them.",
        {"neurons": len(winner), "largest_share": winner.max(), "product_share": product},
        Picture(
            "interaction's share of the variance",
            {"dominant": winner, "median": usual},
            product / 2,
        ),
    )
