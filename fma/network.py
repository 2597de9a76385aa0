"""The network [2, N, hidden, 1] as its equations: initialise, forward, backward."""

from typing import NamedTuple

import numpy as np

from fma.checks import LARGEST_SEED, choice, whole


class Parameters(NamedTuple):
    """Weights and biases; a gradient has the same shapes, so it is a Parameters too."""

    W1: np.ndarray  # (2, N)
    b1: np.ndarray  # (N,)
    W2: np.ndarray  # (N, hidden)
    b2: np.ndarray  # (hidden,)
    W3: np.ndarray  # (hidden, 1)
    b3: np.ndarray  # (1,)


# How each initialisation draws a matrix. The first two are the article's.
INITS = {
    "uniform": lambda random, i, o: random.random_sample((i, o)) * np.sqrt(1 / i),
    "he": lambda random, i, o: random.randn(i, o) * np.sqrt(2 / i),
    "glorot": lambda random, i, o: random.randn(i, o) * np.sqrt(2 / (i + o)),
    "torch": lambda random, i, o: random.uniform(-1, 1, (i, o)) * np.sqrt(1 / i),
}


def _gated(u, du):
    return lambda z: (
        z * (1 + (t := np.tanh(u(z)))) / 2,
        lambda: (1 + t + z * (1 - t * t) * du(z)) / 2,
    )


# z to its value, and to a function () that gives its slope there; only LeakyReLU heeds slope s.
ACTIVATIONS = {
    "leaky_relu": lambda s: lambda z: (np.maximum(z, s * z), lambda: np.maximum(z > 0, float(s))),
    "tanh": lambda s: lambda z: (t := np.tanh(z), lambda: 1 - t * t),
    "silu": lambda s: _gated(lambda z: z / 2, lambda z: 0.5),
    "gelu": lambda s: _gated(  # in its tanh form (Hendrycks & Gimpel 2016)
        lambda z: np.sqrt(2 / np.pi) * (z + 0.044715 * z * z * z),
        lambda z: np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z * z),
    ),
}


def shapes(width, hidden=64):
    """The shape of every parameter of a [2, width, hidden, 1] network."""
    return Parameters((2, width), (width,), (width, hidden), (hidden,), (hidden, 1), (1,))


def as_parameters(given, width=None, hidden=None):
    """`given` as Parameters of floats, of a [2, width, hidden, 1] network; ValueError if not."""
    try:
        arrays = [np.asarray(p, dtype=float) for p in given]
    except (TypeError, ValueError):
        arrays = []
    found = tuple(a.shape for a in arrays)
    if width is None and len(found) > 2 and len(found[2]) == 2:
        width, hidden = found[2]
    expected = tuple(shapes(width or "N", hidden or "h"))
    if found != expected:
        raise ValueError(f"parameters must have the shapes {expected}, got {found or type(given)}")
    return Parameters(*arrays)


def initialise(width, seed, init, hidden=64):
    """Draw W1, W2, W3 in this order, row by row, from NumPy's legacy stream; biases are 0.

    `init` is a key of `INITS`. Raises ValueError if an argument is out of range.
    """
    width, hidden = whole("width", width, 1), whole("hidden", hidden, 1)
    random = np.random.RandomState(whole("seed", seed, 0, LARGEST_SEED))
    draw = INITS[choice("init", init, INITS)]
    W1, W2, W3 = (draw(random, *shape) for shape in shapes(width, hidden)[::2])
    return Parameters(W1, np.zeros(width), W2, np.zeros(hidden), W3, np.zeros(1))


def forward(parameters, x, act):
    """Z1, A1, Z2, A2, Z3 on the rows of x (rows, 2): pre-activations, activations, output."""
    W1, b1, W2, b2, W3, b3 = parameters
    Z1 = x @ W1 + b1
    A1 = act(Z1)[0]
    Z2 = A1 @ W2 + b2
    A2 = act(Z2)[0]
    return Z1, A1, Z2, A2, A2 @ W3 + b3


def gradient(parameters, task, act):
    """Cost on the training rows, its gradient (Parameters), (largest Z2, layer-2 neurons alive)."""
    W1, b1, W2, b2, W3, b3 = parameters
    A1, slope1 = act(task.x_train @ W1 + b1)
    Z2 = A1 @ W2 + b2
    A2, slope2 = act(Z2)
    error = A2 @ W3 + b3 - task.y_train
    dZ3 = 2 / len(error) * error
    dZ2 = dZ3 * W3.T * slope2()
    dZ1 = dZ2 @ W2.T * slope1()
    layers = ((task.x_train, dZ1), (A1, dZ2), (A2, dZ3))
    gradients = [g for A, dZ in layers for g in (A.T @ dZ, dZ.sum(axis=0))]
    top = Z2.max(axis=0)
    return np.mean(error**2), Parameters(*gradients), (top.max(), np.count_nonzero(top > 0))
