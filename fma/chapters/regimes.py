"""Chapter 2: what becomes of the article's eight widths, and whether its table is real."""

from dataclasses import dataclass

import numpy as np

from fma.chapters import article
from fma.chapters.experiments import eight_widths
from fma.chapters.ledger import ITS_RUNS, Finding, Picture, claim
from fma.chapters.words import many
from fma.figures import (
    AXIS,
    INK,
    MUTED,
    PAPER,
    REGIME_COLOURS,
    REGIME_MARKERS,
    chart,
    fixed,
    label,
    listing,
)
from fma.figures.common import BASELINES, bars, cost_curves, recorded
from fma.notebook import show, vary
from fma.regimes import REGIMES, regime
from fma.sweeps import runs, sweep
from fma.training import train

QUICK, FROZEN, FALL = 40, (50, 100), 0.2  # of the rule for C02


def cost_tells_the_dead_alone(traces):
    """Whether all dead runs cost more than any other, and plateau and converge overlap in cost."""
    costs = {name: [t.cost[-1] for t in traces if regime(t) == name] for name in REGIMES[:3]}
    if not all(costs.values()):
        return False
    flat, dead, few = costs.values()
    return min(dead) > max(flat + few) and min(few) <= max(flat) and min(flat) <= max(few)


def widths_of(traces, name):
    """The widths that end in that regime, in words: "63 and 65", or "none"."""
    found = [t.width for t in traces if regime(t) == name]
    return listing(found) if found else "none"


@dataclass(frozen=True)
class Puzzle:
    """The course of two runs: a quick plateau beside a frozen time and a sudden fall."""

    level: float  # the second's cost at epoch 10
    quick: int  # epochs until the first is within half of its final cost
    frozen: int  # epochs that the second spends near its cost of epoch 10
    fallen: bool  # whether the second ends far below that

    @property
    def seen(self):
        """Whether it is as the article describes."""
        return self.quick <= QUICK and FROZEN[0] <= self.frozen <= FROZEN[1] and self.fallen


def puzzle(few, more):
    """Measure the course of two runs, of 63 and of 64 neurons in the article."""
    with np.errstate(invalid="ignore"):
        quick = int(np.flatnonzero(few.cost > 1.5 * few.cost[-1]).max(initial=-1)) + 1
    level = recorded(more, 10, "cost")
    frozen = int((more.cost[10:] > 0.8 * level).sum()) if np.isfinite(level) else 0
    return Puzzle(float(level), quick, frozen, bool(more.cost[-1] < FALL * level))


def printed_table(traces, seed, look):
    """Outcomes with what the article prints in parentheses: head and rows of a table."""
    printed = article.TABLE if seed == article.SEED else {}
    rows = []
    for trace in traces:
        ours = (
            fixed(trace.cost[-1]),
            fixed(recorded(trace, look)),
            fixed(recorded(trace, look, "gradient_norm")[1]),
            regime(trace),
        )
        row = printed.get(trace.width)
        if row:
            theirs = row.final_cost, row.z2_max, row.dw2_norm, row.regime
            ours = [f"{a} ({b})" for a, b in zip(ours, theirs, strict=True)]
        rows.append([str(trace.width), *ours])
    head = ["width", "final cost", f"Z2_max, epoch {look}", f"‖dW2‖, epoch {look}", "regime"]
    return head, rows


def met_in_words(met, total):
    """How many printed entries come out, in words for where not all do."""
    return f"{met} of {total} do" if total else "the article prints nothing for these runs"


def cut(traces):
    """The widths whose printed cost is cut, not rounded, in words."""
    found = [
        t.width
        for t in traces
        if t.width in article.TABLE
        and article.agreement(article.TABLE[t.width].final_cost, t.cost[-1]) == "cut"
    ]
    return listing(found) if found else "none"


def recipe_rows(traces):
    """Final cost and regime of each width under each recipe (name to traces), as rows."""
    return [
        [
            str(runs[0].width),
            *(" ".join(dict.fromkeys((fixed(t.cost[-1]), regime(t)))) for t in runs),
        ]
        for runs in zip(*traces.values(), strict=True)
    ]


def named_alike(traces):
    """Whether there are such widths in the article, and it names each regime as the rule does."""
    return bool(traces) and all(regime(t) == article.TABLE[t.width].regime for t in traces)


def under_each_recipe(widths, seed, **changes):
    """Traces of the widths under the article's recipes, by name; `changes` as in `vary`."""
    return {
        name: sweep(runs(widths, [seed], [vary(name, **changes)]), label=name)
        for name in ("table", "script", "text")
    }


def falls_late(trace, start=20, span=20):
    """Whether the cost more than halves within `span` epochs after the first `start`."""
    cost = trace.cost[start:]
    return bool((cost[:-span] > 2 * cost[span:]).any())


def climb(trace):
    """How far the cost climbs, and how soon, in words."""
    top = fixed(trace.cost.max(), 0)
    return f"climbs from {trace.cost[0]:,.0f} to {top} within {trace.cost.argmax()} updates"


def fall(trace):
    """How far the cost falls between the article's two epochs, in words."""
    ends = [fixed(recorded(trace, epoch, "cost"), 0) for epoch in article.FALL]
    return "from {0} at epoch {2} to {1} at epoch {3}".format(*ends, *article.FALL)


def counted(traces):
    """How many widths end in each of the article's regimes, in words."""
    names = [regime(t) for t in traces]
    plateau, dead, converge = map(names.count, ("plateau", "dead", "converge"))
    return f"{plateau} plateaus, {dead} dead, {converge} that converge"


def ends(trace, how=""):
    """Where a width ends, in words: "Width 63 ends at 137"."""
    return f"Width {trace.width}{how} ends at {fixed(trace.cost[-1], 0)}"


def between(costs):
    """The range of some costs in words."""
    return f"between {min(costs):,.0f} and {max(costs):,.0f}" if costs else "nowhere"


def viewer(recipe, yardsticks):
    """Return view(width, seed), which trains that network and shows its curve."""

    def view(width, seed):
        trace = train(width, seed, recipe)
        show(cost_curves([trace], yardsticks), alt=f"Cost over the epochs: {told([trace])}")

    return view


def told(traces):
    """Say final costs and regimes in words, for those who cannot see them."""
    return ", ".join(f"width {t.width} {fixed(t.cost[-1], 0)} ({regime(t)})" for t in traces)


def alive_told(traces):
    """Say how many neurons are alive at the end, in words."""
    return ", ".join(f"width {t.width} {t.alive[-1]} ({regime(t)})" for t in traces)


@chart
def cost_bars(layout, traces, baselines):
    """Final cost of each width."""
    costs = np.array([t.cost[-1] for t in traces])
    line = baselines["origin"]
    below = int((costs < line).sum())
    title = f"{below or 'No'} of {len(costs)} widths end below the best line through the origin"
    figure, axis = layout.figure(title, 0.8 + 0.28 * len(traces))
    bars(axis, traces, costs, lambda value: f"{value:,.0f}")
    axis.set_xlabel("final cost")
    _, high = axis.get_xlim()
    place = axis.get_xaxis_transform()
    if line < high:
        axis.axvline(line, color=AXIS, lw=0.8, ls=(0, (4, 3)), zorder=0)
        options = {"ha": "left" if line < 0.5 * high else "right", "color": MUTED}
        label(axis, line, 1.01, f"{BASELINES['origin']} {line:,.0f}", transform=place, **options)
    return figure


@chart
def regime_cards(layout, traces):
    """For one run of each regime, each layer-2 neuron's largest pre-activation at the end."""
    first = {}
    for trace in traces:
        first.setdefault(regime(trace), trace)
    cards = [first[name] for name in REGIMES if name in first and name != "diverged"]
    figure = layout.blank("What layer 2 looks like at the last epoch, neuron by neuron", 2.9)
    shape = (len(cards), 1) if layout.phone else (1, len(cards))
    if layout.phone:
        figure.set_size_inches(layout.width, 0.5 + 1.9 * len(cards))
    if not cards:
        return figure
    axes = figure.subplots(*shape, squeeze=False).ravel()
    for axis, trace in zip(axes, cards, strict=True):
        name = regime(trace)
        tops = np.sort(trace.detail["neuron_top"][-1])[::-1]
        place = np.arange(1, len(tops) + 1)
        axis.axhline(0, color=INK, lw=0.8)
        for chosen, face in ((tops > 0, REGIME_COLOURS[name]), (tops <= 0, PAPER)):
            style = {"color": REGIME_COLOURS[name], "mfc": face, "ms": 4, "mew": 0.8, "ls": ""}
            axis.plot(place[chosen], tops[chosen], REGIME_MARKERS[name], **style)
        axis.set_title(f"{name}: width {trace.width}", color=REGIME_COLOURS[name])
        axis.set(xlabel=f"layer-2 neurons, sorted ({(tops > 0).sum()} alive)")
        axis.set(xlim=(0, len(tops) + 1), xticks=[1, len(tops)])
        low, high = min(tops.min(), 0), max(tops.max(), 0)
        pad = 0.08 * (high - low) or 1
        axis.set_ylim(low - pad, high + pad)
    axes[0].set_ylabel("largest pre-activation")
    return figure


def _by_recipe(setting):
    return {
        name: eight_widths(recipe, setting.seed, progress=setting.progress)
        for name, recipe in setting.recipes.items()
    }


@claim(
    "C02",
    rule=f"Under a recipe: 63 within 1.5 times its final cost by epoch {QUICK}; 64 above 0.8 times "
    f"its cost of epoch 10 for {FROZEN[0]} to {FROZEN[1]} epochs, and at the end below {FALL} "
    "times it.",
    place="02_regimes#curves",
    scope=ITS_RUNS,
)
def puzzle_is_seen(s):
    """Look for the puzzle under each recipe."""
    found = {name: puzzle(traces[63], traces[64]) for name, traces in _by_recipe(s).items()}
    ours = found[s.name]
    others = [name for name in found if name != s.name and found[name].seen]
    evidence = (
        f"Under {s.name}, seed {s.seed}: 63 is within half of its final cost after "
        f"{many(ours.quick, 'epoch')}; 64 stays near its cost of epoch 10 for "
        f"{many(ours.frozen, 'epoch')} and {'then falls' if ours.fallen else 'does not fall'}. "
    )
    evidence += (
        f"The same is seen under {listing(others)}."
        if others
        else "No other recipe of the article shows it."
    )
    return Finding(
        s.under({name: each.seen for name, each in found.items()}),
        evidence,
        {"quick_63": ours.quick, "frozen_64": ours.frozen, "fallen_64": ours.fallen},
        Picture(
            "epochs that width 64 stays frozen",
            {name: [each.frozen] for name, each in found.items()},
            threshold=FROZEN[0],
        ),
    )
