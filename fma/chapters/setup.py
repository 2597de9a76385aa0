"""Chapter 1: the task, its yardsticks, the network and the article's three recipes."""

import numpy as np
from scipy.optimize import check_grad

from fma.baselines import best_affine
from fma.chapters import article
from fma.figures import (
    ACCENT,
    AXIS,
    INK,
    MUTED,
    chart,
    dots,
    finite,
    fixed,
    label,
    listing,
    mark,
    plain_log,
    regime_key,
)
from fma.figures.common import BASELINES
from fma.network import ACTIVATIONS, Parameters, forward
from fma.recipe import as_recipe
from fma.regimes import regime
from fma.training import gradient_of

SOURCES = {"text": "the prose", "script": "the first listing", "table": "the printed digits"}
ANSWERS = {"zero": "0", "origin": "b·m + c·a", "affine": "b·m + c·a + d"}


SURFACE = (
    "Three maps over m and a: the curved contours of the product with the pairs scattered evenly "
    "over them; the straight contours of the best plane; and their difference, a saddle that is "
    "positive where m and a are both small or both large and negative where one is small and the "
    "other large."
)


def gradient_errors(parameters, task, recipe="table"):
    """Compare each parameter's gradient with a finite difference along a random direction.

    Returns
    -------
    dict of str to float
        For "W1" … "b3" the difference that `scipy.optimize.check_grad` finds, over the norm of
        the gradient.
    """
    parameters = Parameters(*(np.array(p, dtype=float) for p in parameters))
    recipe = as_recipe(recipe)
    _, gradient, _ = gradient_of(parameters, task, recipe)()
    act = ACTIVATIONS[recipe.activation](recipe.slope)

    def error(name):
        shape, own = getattr(parameters, name).shape, getattr(gradient, name).ravel()

        def cost(flat):
            moved = parameters._replace(**{name: flat.reshape(shape)})
            return np.mean((forward(moved, task.x_train, act)[-1] - task.y_train) ** 2)

        start = getattr(parameters, name).ravel()
        found = check_grad(cost, lambda _: own, start, direction="random", rng=0)
        return float(found / np.linalg.norm(own))

    return {name: error(name) for name in parameters._fields}


def yardstick_rows(costs):
    """What each model answers, its cost and typical error, as rows of a table."""
    return [
        [name, ANSWERS[name], f"{cost:,.1f}", f"{cost**0.5:.1f}"] for name, cost in costs.items()
    ]


def parameter_rows(parameters):
    """Shape, count and random draws of each parameter, as rows of a table."""
    return [
        [
            name,
            " × ".join(map(str, value.shape)),
            f"{value.size:,}",
            f"{value.size if name[0] == 'W' else 0:,}",
        ]
        for name, value in parameters._asdict().items()
    ]


def recipe_rows(recipes):
    """What each recipe says and where it was found, as rows of a table."""
    return [
        [
            name,
            recipe.init,
            np.format_float_scientific(recipe.learning_rate, trim="-", exp_digits=1),
            str(recipe.epochs),
            SOURCES[name],
        ]
        for name, recipe in recipes.items()
    ]


def cost_rows(traces):
    """Final costs of each width under each recipe, and as printed, as rows of a table."""
    rows = []
    for runs in zip(*traces.values(), strict=True):
        printed = article.TABLE.get(runs[0].width)
        costs = [fixed(trace.cost[-1]) for trace in runs]
        rows.append([str(runs[0].width), *costs, printed.final_cost if printed else "–"])
    return rows


def near(costs, level):
    """The widths whose cost (width to cost) is within 15 % of a level, in words."""
    return listing([width for width, cost in costs.items() if abs(cost / level - 1) < 0.15])


def costs_met(traces, seed):
    """How many printed costs each recipe gives, and how many the article prints of these widths."""
    shown = article.TABLE if seed == article.SEED else {}
    met = {
        name: sum(
            article.agreement(shown[t.width].final_cost, t.cost[-1]) != "no"
            for t in runs
            if t.width in shown
        )
        for name, runs in traces.items()
    }
    return met, sum(t.width in shown for t in next(iter(traces.values())))


def met_in_words(met):
    """How many printed costs each recipe gives, in words."""
    return "{}, {} and {}".format(*(f"{name} gives {count}" for name, count in met.items()))


def told(traces):
    """Say the final costs and regimes of each recipe in words, for those who cannot see them."""
    return "; ".join(
        f"{name}: "
        + ", ".join(f"width {t.width} {fixed(t.cost[-1], 0)} ({regime(t)})" for t in runs)
        for name, runs in traces.items()
    )


@chart
def task_surface(layout, task):
    """The target with the data, the best affine fit, and what that fit misses."""
    b, c, d = best_affine(task)
    grid = np.linspace(1, 10, 46)
    m, a = np.meshgrid(grid, grid)
    target, plane = m * a, b * m + c * a + d
    figure = layout.blank("A plane follows the slope of m·a but misses its twist", 2.75)
    mosaic = "tpr"
    if layout.phone:
        figure.set_size_inches(layout.width, 5.2)
        mosaic = "tt;pr"
    axes = figure.subplot_mosaic(mosaic, sharex=True, sharey=True)
    levels = np.arange(-20, 100, 20)
    dots(axes["t"], *task.x_train.T, 1.8, AXIS)
    dots(axes["t"], *task.x_val.T, 1.8, ACCENT)
    _contours(axes["t"], m, a, target, levels, INK)
    on_diagonal = [(value - d) / (b + c) for value in levels if plane.min() < value < plane.max()]
    _contours(axes["p"], m, a, plane, levels, at=[(x, x) for x in on_diagonal])
    left = target - plane
    bound = np.abs(left).max()
    axes["r"].imshow(
        left,
        extent=(1, 10, 1, 10),
        origin="lower",
        cmap="PuOr_r",
        vmin=-1.3 * bound,
        vmax=1.3 * bound,
        interpolation="none",
    )
    _contours(axes["r"], m, a, left, [-15, -10, -5, 0, 5, 10, 15], "black")
    for name, text in (("t", "m·a and the pairs"), ("p", "best plane"), ("r", "m·a − plane")):
        axes[name].set(title=text, box_aspect=1, xlim=(1, 10), ylim=(1, 10))
        axes[name].set(xticks=[1, 4, 7, 10], yticks=[1, 4, 7, 10], xlabel="m")
        axes[name].grid(False)
    axes["t"].set_ylabel("a")
    if layout.phone:
        axes["p"].set_ylabel("a")
        axes["t"].set_xlabel("")
    return figure


def _contours(axes, m, a, values, levels, colour=MUTED, at=False):
    lines = axes.contour(m, a, values, levels=levels, colors=colour, linewidths=0.9)
    label = {"fmt": lambda value: f"{value:.0f}".replace("-", "−"), "fontsize": 8.5}
    axes.clabel(lines, manual=at, **label)  # on a straight line any place is as good as another


@chart
def recipe_costs(layout, traces, baselines):
    """Final costs of every width under each recipe (name to traces) beside the baselines."""
    names = list(traces)
    spans = [_span(np.array([t.cost[-1] for t in traces[name]])) for name in names]
    title = "Final costs: " + "; ".join(f"{n} {s}" for n, s in zip(names, spans, strict=True))
    rows = max(map(len, traces.values()))
    figure, axes = layout.figure(
        title, 0.95 + len(names) * (0.3 + 0.15 * rows), len(names), 1, sharex=True, squeeze=False
    )
    for axis, name in zip(axes[:, 0], names, strict=True):
        for cost in baselines.values():
            axis.axvline(cost, color=AXIS, lw=0.8, ls=(0, (4, 3)), zorder=0)
        for row, trace in enumerate(traces[name]):
            mark(axis, trace.cost[-1], row, regime(trace), zorder=3)
        widths = [str(t.width) for t in traces[name]]
        axis.set(yticks=range(len(widths)), yticklabels=widths, xscale="log")
        axis.set_title(name, pad=20 if axis is axes[0, 0] else 6)
        axis.set(ylim=(len(widths) - 0.4, -0.6), ylabel="width")
        axis.grid(axis="x", visible=False)
    low, high = axes[0, 0].get_xlim()
    axes[0, 0].set_xlim(low / 1.05, high * 1.05)
    plain_log(axes[-1, 0].xaxis, low, high)
    axes[-1, 0].set_xlabel("final cost (log scale)")
    _name_baselines(axes[0, 0], baselines)
    regime_key(figure, {regime(t) for name in names for t in traces[name]})
    return figure


def _name_baselines(axis, baselines):
    for name, cost in baselines.items():
        place = axis.get_xaxis_transform()
        label(axis, cost, 1.02, BASELINES[name], transform=place, ha="center", color=MUTED)


def _span(costs):
    low, high = finite(costs).min(initial=np.inf), finite(costs).max(initial=-np.inf)
    if not np.isfinite(low):
        return "all diverged"
    return f"{low:,.0f} to {high:,.0f}"
