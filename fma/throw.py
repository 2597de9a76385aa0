"""The small map: the first updates of a network of positive weights, with one number a layer.

While every neuron is active the network is linear, and while the neurons of a layer are nearly
alike its output is f = r w σ t: the sums of W3, W2 and W1, each over the square root of how many
terms its gradient spreads over, times t, the input along the direction of W1's row sums. On
f = r w σ t gradient descent with step η is three multiplications. With P = r w σ, the slope of the
answer, P* the best slope and κ twice the mean of t²::

    G = η κ (P - P*),    r ← r - G w σ,    w ← w - G r σ,    σ ← σ - G r w.

Derivation: the loss is the mean of (P t - y)², whose derivative in P is κ (P - P*) with
κ = 2 E[t²] and P* = E[t y] / E[t²]; the rest is the product rule.

At the start w σ is far larger than r, so that the sharpness is nearly κ (w σ)². Above η λ₀ = 2 the
output weight r is thrown back and forth with growing swing, and each swing pulls w and σ down by
G r σ and G r w, until the sharpness is below 2/η and the throw is over: the catapult of Lewkowycz
et al. (2020), with one layer more. What follows is slow. There r² - w² and r² - σ² are conserved,
as small steps conserve them in every network of such layers (Saxe et al. 2014; Du et al. 2018). If
r was left negative, it comes up while w and σ go down: the run finds back to the plateau if r gets
to zero first, and if w or σ does, the neurons of that layer are off.

References
----------
Lewkowycz, Bahri, Dyer, Sohl-Dickstein & Gur-Ari 2020, "The large learning rate phase of deep
learning: the catapult mechanism", arXiv:2003.02218. Saxe, McClelland & Ganguli 2014, "Exact
solutions to the nonlinear dynamics of learning in deep linear neural networks", arXiv:1312.6120.
Du, Hu & Lee 2018, "Algorithmic regularization in learning deep homogeneous models: layers are
automatically balanced", arXiv:1806.00900.
"""

from typing import NamedTuple

import numpy as np

from fma.checks import choice, whole
from fma.task import product_task

UPDATES = 400  # after which a run has found back or has not
_BEYOND = 1e9  # a weight that is larger has diverged


class Start(NamedTuple):
    """One number a layer: output, middle, first. Arrays of one shape, or numbers."""

    r: np.ndarray
    w: np.ndarray
    sigma: np.ndarray


def constants(task=None, direction=(1, 1)):
    """κ and P* of a task: the pull and the best slope along a direction of the inputs.

    Parameters
    ----------
    task : Task, optional
        `fma.product_task()` unless given.
    direction : (float, float)
        Of W1's row sums; their lengths do not matter. All weights alike: (1, 1).

    Returns
    -------
    (float, float)
        For the product and (1, 1) they are 136.70 and 4.3495.
    """
    task = product_task() if task is None else task
    t = task.x_train @ (np.asarray(direction, dtype=float) / np.linalg.norm(direction))
    square = np.mean(t**2)
    return float(2 * square), float(np.mean(t * task.y_train[:, 0]) / square)


def mean_start(width, hidden=64, init="uniform"):
    """The small map's start if every weight has its mean value; nothing is drawn.

    Parameters
    ----------
    width : int or array of int
    hidden : int
    init : str
        Only "uniform" has means above zero: a half of sqrt(1 / fan_in).

    Returns
    -------
    Start
        r = 1/2, w = sqrt(hidden) / 2, σ = sqrt(width) / 2: w = σ where both layers are as wide.
    """
    choice("init", init, ("uniform",))
    hidden = whole("hidden", hidden, 1)
    sigma = np.sqrt(np.asarray(width, dtype=float)) / 2
    return Start(np.full_like(sigma, 0.5), np.full_like(sigma, np.sqrt(hidden) / 2), sigma)


def start_of(parameters):
    """The small map's start that stands for a network: sums over square roots.

    Returns
    -------
    Start
        r = ΣW3 / √hidden, w = ΣW2 / √(N hidden), σ = `layer1_size`.
    """
    W2, W3 = np.asarray(parameters[2]), np.asarray(parameters[4])
    first, second = np.sqrt(W2.shape)
    return Start(W3.sum() / second, W2.sum() / (first * second), layer1_size(parameters))


def layer1_size(parameters):
    """The norm of W1's two row sums, over √N: the σ of the small map."""
    W1 = np.asarray(parameters[0])
    return float(np.linalg.norm(W1.sum(axis=1)) / np.sqrt(W1.shape[1]))


def curvature(start, task=None):
    """Sharpness of the small map's loss: the largest eigenvalue of its Hessian, 3 by 3.

    Parameters
    ----------
    start : Start
        Numbers or arrays of one shape.

    Returns
    -------
    array
        Of that shape; κ (w σ)² and some per cent.
    """
    kappa, target = constants(task)
    r, w, s = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in start))
    slope = np.stack([w * s, r * s, r * w], axis=-1)
    bend = np.zeros((*slope.shape, 3))
    for i, j, other in ((0, 1, s), (0, 2, w), (1, 2, r)):
        bend[..., i, j] = bend[..., j, i] = other
    left = (r * w * s - target)[..., None, None]
    hessian = kappa * (slope[..., :, None] * slope[..., None, :] + left * bend)
    return np.linalg.eigvalsh(hessian)[..., -1]


def throw(start, x, updates=12, task=None):
    """Iterate the small map.

    Parameters
    ----------
    start : Start
        Numbers or arrays that broadcast against `x`.
    x : float or array
        η λ₀, with λ₀ the `curvature` of the start.
    updates : int

    Returns
    -------
    Start
        Each of shape (updates + 1, ...): before the first update and after each.
    """
    x, r, w, s = (np.array(v) for v in np.broadcast_arrays(np.asarray(x, dtype=float), *start))
    kappa, target = constants(task)
    pull = kappa * x / curvature(Start(r, w, s), task)
    path = [(r, w, s)]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(whole("updates", updates, 0)):
            r, w, s = _update(r, w, s, pull, target)
            path.append((r, w, s))
    return Start(*map(np.array, zip(*path, strict=True)))


def _update(r, w, s, pull, target):
    G = pull * (r * w * s - target)
    return r - G * w * s, w - G * r * s, s - G * r * w


def stays(start, x, updates=UPDATES, task=None):
    """Whether a start finds back to the plateau.

    It does if neither w nor σ falls to zero or below and the slope P ends nearer to P* than to 0.
    Where w = σ exactly, neither reaches zero: both shrink for ever, and P stays at 0.

    Parameters
    ----------
    start, x, task
        As in `throw`.

    Returns
    -------
    array of bool
    """
    x, r, w, s = (np.array(v) for v in np.broadcast_arrays(np.asarray(x, dtype=float), *start))
    kappa, target = constants(task)
    pull = kappa * x / curvature(Start(r, w, s), task)
    inside = (w > 0) & (s > 0)
    for _ in range(whole("updates", updates, 1)):
        r, w, s = _update(r, w, s, pull, target)
        inside &= (w > 0) & (s > 0) & (np.abs(r) < _BEYOND)
        r, w, s = (np.where(inside, v, 0.0) for v in (r, w, s))
    return inside & (r * w * s > target / 2)


def border(start, task=None, low=2.0, high=8.0):
    """The smallest η λ₀ at which a start is lost, to four digits.

    Parameters
    ----------
    start : Start
        Numbers or arrays of one shape.
    low, high : float
        Where it is looked for, in steps of a hundredth and then by halving.

    Returns
    -------
    array
        Of that shape; nan where nothing is lost up to `high`.
    """
    start = Start(*(np.asarray(v, dtype=float)[..., None] for v in start))
    x = np.arange(low, high, 0.01)
    lost = ~stays(start, x, task=task)
    first = lost.argmax(axis=-1)
    inner, outer = x[np.maximum(first - 1, 0)], x[first]
    for _ in range(8):
        middle = (inner + outer) / 2
        back = stays(start, middle[..., None], task=task)[..., 0]
        inner, outer = np.where(back, middle, inner), np.where(back, outer, middle)
    return np.where(lost.any(axis=-1), outer, np.nan)


def predicted_border(width, hidden=64, init="uniform", task=None):
    """The border's η λ₀ for a width: mean weights, no draw, no fit. See `mean_start`, `border`."""
    return border(mean_start(width, hidden, init), task)


def leading_excess(start, x, task=None, swings=3):
    """How far the throw goes beyond what w and σ can bear, to leading order; above 0 is lost.

    With w and σ held at their start, r swings about r* = P* / (w σ):
    r_k = r* + (1 - x)^k (r₀ - r*). Each update then takes x r_k (r_k - r*) / w from w, and
    likewise from σ; the first `swings` updates take all of the smaller one if
    x Σ r_k (r_k - r*) > min(w, σ)², summed over them.

    Returns
    -------
    array
        Left side minus right side.
    """
    r, w, s = start
    rest = constants(task)[1] / (w * s)
    swing = np.stack([(1 - np.asarray(x)) ** k * (r - rest) for k in range(swings)])
    return x * ((rest + swing) * swing).sum(axis=0) - np.minimum(w, s) ** 2
