"""The network [2, width, 1, 1]: one layer-2 neuron that stands for all, many runs at a time.

W2 and W3 are replaced by their sums, each neuron of layer 1 stays as drawn. Whatever W2 and W3
have of their own is gone. The page trains the same network in `fma/explorer/kernel.c`; both add in
the same order, over neurons one after the other and over rows as NumPy adds along an array, so
that they agree to the last bit, however finely a border between two endings is divided.
"""

from typing import NamedTuple

import numpy as np

from fma.task import product_task

CHUNK = 16  # runs that are computed together: their arrays stay in the processor's cache


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
    """Train by full-batch gradient descent on the product task.

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
    pieces = []
    with np.errstate(all="ignore"):
        for first in range(0, len(rates), CHUNK):
            rows = slice(first, first + CHUNK)
            pieces.append(_train(*(part[rows] for part in (*start, rates, slopes)), epochs))
    return Ending(*(np.concatenate(values) for values in zip(*pieces, strict=True)))


def _train(W1, W2, W3, rate, slope, epochs):
    """The ending of one chunk. A row is a run, a column a neuron or a row of the task.

    A neuron that is bent in some runs of the chunk is computed for all of them, and left out of
    the sums of those where it is straight.
    """
    task = product_task()
    m, a, y = (np.ascontiguousarray(v) for v in (*task.x_train.T, task.y_train[:, 0]))
    rate, slope, r = rate[:, None], slope[:, None], W3[:, None].copy()
    p, s, w = W1[:, 0].copy(), W1[:, 1].copy(), W2.copy()
    b, b2, b3 = np.zeros_like(p), np.zeros_like(r), np.zeros_like(r)
    ended = np.zeros(len(r), dtype=bool)
    tops = np.full((len(r), epochs), np.nan)
    cost, top, last = np.full(len(r), np.inf), np.zeros(len(r)), W3.copy()
    z1, t, back, on = (np.empty((len(r), len(y)), dtype=k) for k in (float, float, float, bool))
    A1 = np.empty((w.shape[1], *z1.shape))

    def total(values):
        return values.sum(axis=1, keepdims=True)

    for epoch in range(epochs):
        # Layer 1: its straight neurons are folded into one; the square around the data tells which.
        low = b + np.where(p > 0, p, 10 * p) + np.where(s > 0, s, 10 * s)
        high = b + np.where(p > 0, 10 * p, p) + np.where(s > 0, 10 * s, s)
        bent = ~(low > 0) & ~(high <= 0) & ~ended[:, None]
        straight = np.where(bent, 0.0, np.where(low > 0, 1.0, slope))
        folded = straight * w
        u0, u1, u2 = (np.add.accumulate(folded * part, axis=1)[:, -1:] for part in (p, s, b))
        z = u0 * m + u1 * a + (u2 + b2)
        bends = np.flatnonzero(bent.any(axis=0))
        for j, a1 in zip(bends, A1, strict=False):
            own = slice(j, j + 1)
            np.multiply(p[:, own], m, out=z1)
            z1 += np.multiply(s[:, own], a, out=t)
            z1 += b[:, own]
            np.maximum(z1, np.multiply(slope, z1, out=t), out=a1)
            z += np.multiply(np.where(bent[:, own], w[:, own], 0.0), a1, out=t)

        # Layer 2, the output and the cost.
        on2 = z > 0
        a2 = np.where(on2, z, slope * z)
        error = r * a2 + b3 - y
        now = total(error * error)[:, 0] / len(y)
        ended |= ~np.isfinite(now)
        cost[:] = np.where(ended, np.inf, now)
        top[~ended], last[~ended] = z.max(axis=1)[~ended], r[~ended, 0]
        tops[:, epoch] = np.where(ended, np.nan, top)
        if epoch == epochs - 1 or ended.all():
            break

        # Backward, and the update.
        d = error * (2.0 / len(y))
        np.copyto(back, np.where(on2, d, slope * d))
        slow = slope * back
        P0, P1, P2 = total(back * m), total(back * a), total(back)
        factor = folded * r
        g = p * P0 + s * P1 + b * P2
        steps = [straight * g * r, factor * P0, factor * P1, factor * P2]
        for j, a1 in zip(bends, A1, strict=False):
            own = slice(j, j + 1)
            np.greater(a1, 0, out=on)
            np.copyto(t, slow)
            np.copyto(t, back, where=on)
            scale = w[:, own] * r
            found = (
                r * total(np.multiply(back, a1, out=z1)),
                scale * total(np.multiply(t, m, out=z1)),
                scale * total(np.multiply(t, a, out=z1)),
                scale * total(t),
            )
            for step, value in zip(steps, found, strict=True):
                np.copyto(step[:, own], value, where=bent[:, own])
        for values, step in zip((w, p, s, b), steps, strict=True):
            values -= rate * step
        b3 -= rate * (2.0 * (total(error) / len(y)))
        b2 -= rate * (r * P2)
        r -= rate * total(d * a2)
    return cost, top, last, tops
