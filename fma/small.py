"""The network [2, width, 1, 1]: one layer-2 neuron that stands for all.

W2 and W3 are replaced by their sums, each neuron of layer 1 stays as drawn. Whatever W2 and W3
have of their own is gone. The page trains the same network in `fma/explorer/kernel.c`; both add in
the same order, over neurons one after the other and over rows as NumPy adds along an array, so
that they agree to the last bit, however finely a border between two endings is divided.
"""

from importlib.util import find_spec
from typing import NamedTuple
from warnings import warn

import numpy as np

from fma.task import product_task


class Small(NamedTuple):
    """Where runs start, a row a run; all biases are 0."""

    W1: np.ndarray  # (runs, 2, width)
    W2: np.ndarray  # (runs, width)
    W3: np.ndarray  # (runs,)


class Ending(NamedTuple):
    """What runs came to, recorded before the last update (the convention of `fma.Trace`)."""

    cost: np.ndarray  # (runs,) mean squared error; inf if it left the finite numbers
    top: np.ndarray  # (runs,) largest layer-2 pre-activation on the training rows
    W3: np.ndarray  # (runs,)
    tops: np.ndarray  # (runs, epochs) top before each update


def flattened(parameters):
    """W1 (2, N), W2 (N,) and W3 of the small network that stands for `parameters`.

    If all h neurons of layer 2 were alike, they would act as one whose weights are the sums of
    theirs divided by √h, and gradient descent would keep it so.
    """
    scale = np.sqrt(parameters.W2.shape[1])
    W2 = np.add.accumulate(parameters.W2, axis=1)[:, -1] / scale
    return parameters.W1, W2, np.add.accumulate(parameters.W3[:, 0])[-1] / scale


def train_small(start, rates, slopes, epochs=150):
    """Train by full-batch gradient descent on the product task, compiled where Numba runs.

    Parameters
    ----------
    start : Small
    rates, slopes : array (runs,)
        Learning rate and slope of LeakyReLU of each run.
    epochs : int

    Returns
    -------
    Ending
    """
    descend = descend_small
    try:
        if find_spec("numba"):
            from fma.small_compiled import descend
    except ImportError as error:
        warn(f"Numba does not run, so the plain equations train: {error}", stacklevel=1)
    task = product_task()
    rows = tuple(v.copy() for v in (*task.x_train.T, task.y_train[:, 0]))
    start = [np.ascontiguousarray(part, dtype=float) for part in (*start, rates, slopes)]
    with np.errstate(all="ignore"):
        endings = [descend(*run, epochs, rows) for run in zip(*start, strict=True)]
    return Ending(*(np.array(values) for values in zip(*endings, strict=True)))


def descend_small(W1, W2, W3, rate, slope, epochs, rows):
    """One run, by the plain equations; `rows` are m, a and y. Returns a run's part of `Ending`."""
    (p, s), w, b, (m, a, y) = W1.copy(), W2.copy(), np.zeros_like(W2), rows
    r, b2, b3 = W3, 0.0, 0.0
    cost, top, last, tops = np.inf, 0.0, W3, np.full(epochs, np.nan)
    for epoch in range(epochs):
        # Layer 1: its straight neurons are folded into one; the square around the data tells which.
        low = b + np.where(p > 0, p, 10 * p) + np.where(s > 0, s, 10 * s)
        high = b + np.where(p > 0, 10 * p, p) + np.where(s > 0, 10 * s, s)
        bent = ~(low > 0) & ~(high <= 0)
        straight = np.where(bent, 0.0, np.where(low > 0, 1.0, slope))
        u0, u1, u2 = (np.add.accumulate(straight * w * part)[-1] for part in (p, s, b))
        z = u0 * m + u1 * a + (u2 + b2)
        Z1 = np.outer(p[bent], m) + np.outer(s[bent], a) + b[bent, None]
        slopes1 = np.where(Z1 > 0, 1.0, slope)
        A1 = slopes1 * Z1
        for weight, a1 in zip(w[bent], A1, strict=True):
            z += weight * a1

        # Layer 2, the output and the cost.
        slopes2 = np.where(z > 0, 1.0, slope)
        a2 = slopes2 * z
        error = r * a2 + b3 - y
        now = (error * error).sum() / len(y)
        if not np.isfinite(now):
            return np.inf, top, last, tops
        cost, top, last, tops[epoch] = now, z.max(), r, z.max()
        if epoch == epochs - 1:
            break

        # Backward, through the straight neurons together and each bent one, and the update.
        d = error * (2.0 / len(y))
        back = slopes2 * d
        P0, P1, P2 = (back * m).sum(), (back * a).sum(), back.sum()
        T, factor = slopes1 * back, straight * w * r
        g = p * P0 + s * P1 + b * P2
        steps = [straight * g * r, factor * P0, factor * P1, factor * P2]
        scale = w[bent] * r
        steps[0][bent] = r * (back * A1).sum(axis=1)
        for step, values in zip(steps[1:], (T * m, T * a, T), strict=True):
            step[bent] = scale * values.sum(axis=1)
        for values, step in zip((w, p, s, b), steps, strict=True):
            values -= rate * step
        b3 -= rate * (2.0 * (error.sum() / len(y)))
        b2 -= rate * (r * P2)
        r -= rate * (d * a2).sum()
    return cost, top, last, tops
