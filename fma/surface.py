"""What a network has learned: its output as a surface over (m, a), and how much is interaction."""

from functools import cache

import numpy as np

from fma.network import ACTIVATIONS, forward

GRID = 40
BLOCK = 400  # rows


@cache
def grid(points=GRID):
    """The values of m (or a), midpoints of `points` equal steps of [1, 10], and all their pairs.

    Arrays (points,) and (points², 2) that cannot be written to, since all who ask share them.
    """
    values = 1 + 9 * (np.arange(points) + 0.5) / points
    m, a = np.meshgrid(values, values, indexing="ij")
    pairs = np.column_stack([m.ravel(), a.ravel()])
    for shared in (values, pairs):
        shared.flags.writeable = False
    return values, pairs


def answers(parameters, x, slope=0.01, activation="leaky_relu"):
    """The network's answers (rows,) to the rows of x (rows, 2): `forward`'s, up to rounding.

    Block by block, whose arrays fit the processor's cache: that takes half the time, or less.
    """
    act = ACTIVATIONS[activation](slope)
    blocks = (x[first : first + BLOCK] for first in range(0, len(x), BLOCK))
    return np.concatenate([forward(parameters, block, act)[-1][:, 0] for block in blocks])


def surface(parameters, slope=0.01, activation="leaky_relu", points=GRID):
    """The network's output on the grid, (points, points): m down, a across."""
    return answers(parameters, grid(points)[1], slope, activation).reshape(points, points)


def interaction(values):
    """Split a surface into the best additive function of m and a and what is left of it.

    With m and a independent and uniform this is the two-way analysis of variance.

    Parameters
    ----------
    values : ndarray (points, points)

    Returns
    -------
    dict
        "share": the interaction's part of the variance, 0 for u(m) + v(a) and 0.1 or so for m·a;
        "captured": the coefficient of the product's own interaction (m - 5.5)(a - 5.5) in it, 1 if
        it was learned in full and 0 if not at all; "r2": the share of the variance of m·a that the
        surface explains, negative if a constant would do better. All nan beyond finite numbers.
    """
    if not np.all(np.abs(values) < 1e150):  # whose squares are beyond the finite numbers
        return dict.fromkeys(("share", "captured", "r2"), np.nan)
    rows, columns = values.mean(axis=1, keepdims=True), values.mean(axis=0, keepdims=True)
    left = values - rows - columns + values.mean()
    m = grid(len(values))[0]
    target = np.outer(m, m)
    pure = np.outer(m - m.mean(), m - m.mean())
    variance = values.var()
    return {
        "share": float(left.var() / variance) if variance > 0 else 0.0,
        "captured": float((left * pure).mean() / pure.var()),
        "r2": float(1 - ((values - target) ** 2).mean() / target.var()),
    }
