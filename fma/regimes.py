"""Two rules that name how a run ended: the article's regimes, and endings that are one thing each.

`regime` counts the live neurons of layer 2 and keeps the article's three names. `ending` asks first
what the network answers, and only then how many neurons draw that answer.
"""

import numpy as np

from fma.baselines import best_plane_cost
from fma.checks import number
from fma.surface import answers
from fma.task import TASKS

REGIMES = ("plateau", "dead", "converge", "diverged")
ENDINGS = ("line", "few", "leak", "frozen", "bent", "learning", "diverged")
FEW = 0.5
STRAIGHT = 0.01
SHARE = "a number from 0 to 1"


def regime(trace, few=FEW):
    """Name the regime of a run from its layer-2 activity at the last recorded epoch.

    A layer-2 neuron is alive if its pre-activation is positive on at least one training row. The
    run is "diverged" if its cost left the finite numbers, "dead" if no neuron is alive, "converge"
    if some but fewer than the share `few` are, "plateau" otherwise.

    Parameters
    ----------
    trace : Trace
    few : float
        The share of alive neurons that separates converge from plateau, from 0 to 1.
    """
    number("few", few, SHARE, 0, 1)
    if not np.isfinite(trace.cost[-1]):
        return "diverged"
    share = trace.alive[-1] / trace.recipe.hidden
    if share == 0:
        return "dead"
    return "converge" if share < few else "plateau"


def ending(trace, task=None, few=FEW, straight=STRAIGHT, bent=None):
    """Name what a run ended as, by what it answers and by how many neurons draw the answer.

    In this order: "diverged", the cost left the finite numbers; "learning", it is below that of the
    best plane; "frozen", it is not below that of the best constant; "bent", a plane leaves the
    share `straight` or more of the variance of the answers. What is left answers with a plane, no
    better than the best one: "leak" if no layer-2 neuron is alive, "few" if fewer than the share
    `few` are, "line" otherwise. Cost and live neurons are those of the last recorded epoch.

    Parameters
    ----------
    trace : Trace
    task : Task, optional
        The task of that name unless given.
    few, straight : float
        For the product a plane leaves 0.10 of the variance of the targets themselves.
    bent : float, optional
        The `bend` of the run, if it is known already.
    """
    number("few", few, SHARE, 0, 1)
    number("straight", straight, SHARE, 0, 1)
    cost, share = trace.cost[-1], trace.alive[-1] / trace.recipe.hidden
    if not np.isfinite(cost):
        return "diverged"
    task = TASKS[trace.task]() if task is None else task
    if cost < best_plane_cost(task):
        return "learning"
    if cost >= task.y_train.var():
        return "frozen"
    if (bend(trace, task) if bent is None else bent) >= straight:
        return "bent"
    if share == 0:
        return "leak"
    return "few" if share < few else "line"


def bend(trace, task=None):
    """The share of the variance of a network's answers that no plane over (m, a) explains.

    The answers are those to the training rows, after the last update; 0 if they do not vary, NaN
    if they are not finite.
    """
    task, recipe = TASKS[trace.task]() if task is None else task, trace.recipe
    with np.errstate(over="ignore", invalid="ignore"):
        values = answers(trace.parameters, task.x_train, recipe.slope, recipe.activation)
    return off_plane(task.x_train, values)


def off_plane(x, values):
    """The share of the variance of values (rows,) that no plane over x (rows, 2) explains.

    0 if they do not vary, NaN if they are not finite.
    """
    if not np.all(np.abs(values) < 1e150):  # whose squares are beyond the finite numbers
        return np.nan
    plane = np.column_stack([x, np.ones(len(values))])
    left = values - plane @ np.linalg.lstsq(plane, values)[0]
    return float(left.var() / values.var()) if np.ptp(values) > 0 else 0.0


def participation_ratio(shares):
    """Effective number of neurons that carry an output: (Σ|s|)² / Σ s², over the last axis.

    It is n if all n shares are equal in size and 1 if one neuron carries all; NaN if none carries
    any (the inverse participation ratio of Bell & Dean 1970, inverted).
    """
    with np.errstate(invalid="ignore", over="ignore"):
        sizes = np.abs(shares) / np.max(np.abs(shares), axis=-1, keepdims=True)
        return sizes.sum(axis=-1) ** 2 / (sizes**2).sum(axis=-1)


def top_share(shares, count=2):
    """The part of the output that the `count` largest of the shares carry; NaN if none carries."""
    with np.errstate(invalid="ignore", over="ignore"):
        sizes = np.sort(np.abs(shares) / np.max(np.abs(shares)))[::-1]
        return float(sizes[:count].sum() / sizes.sum())
