"""Sharpness: the largest eigenvalue of the Hessian of the training loss, without the Hessian.

A product of the Hessian with a vector is the derivative of the gradient along that vector. It is
written out here layer by layer (the R-operator of Pearlmutter 1994), exact up to rounding, and
handed to ARPACK's Lanczos method. Gradient descent on a quadratic of curvature λ is stable while
η λ < 2.
"""

from functools import lru_cache

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from fma.checks import choice, number
from fma.network import ACTIVATIONS, as_parameters, forward
from fma.task import as_task


def _gated(u, du, ddu):
    """The second derivative of z (1 + tanh u(z)) / 2."""

    def curvature(z):
        t = np.tanh(u(z))
        return (1 - t**2) * (du(z) + z * (ddu(z) / 2 - t * du(z) ** 2))

    return curvature


# Second derivatives of network.ACTIVATIONS; LeakyReLU has none, it bends at a point.
CURVATURES = {
    "leaky_relu": None,
    "tanh": lambda z: -2 * np.tanh(z) * (1 - np.tanh(z) ** 2),
    "silu": _gated(lambda z: z / 2, lambda z: 0.5, lambda z: 0.0),
    "gelu": _gated(
        lambda z: np.sqrt(2 / np.pi) * (z + 0.044715 * z**3),
        lambda z: np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2),
        lambda z: np.sqrt(2 / np.pi) * 6 * 0.044715 * z,
    ),
}


def _straight(z):
    """Whether every column of z keeps one sign."""
    return bool(np.all((z.min(axis=0) > 0) | (z.max(axis=0) <= 0)))


def hessian_product(parameters, task, slope=0.01, activation="leaky_relu", layers=None):
    """The Hessian of the training loss as a function of a vector.

    If every LeakyReLU neuron is straight on the training rows, the output is affine in the input
    and the loss depends on the data through their second moments only: four rows with the same
    moments then stand for all of them, which keeps the product exact and makes it far cheaper.

    Parameters
    ----------
    parameters : Parameters
    task : Task
    slope : float
        Of LeakyReLU for z ≤ 0.
    activation : str
        A key of `network.ACTIVATIONS`.
    layers : tuple, optional
        What `network.forward` gives on the training rows, if it is known already.

    Returns
    -------
    callable
        Takes and returns a flat vector: W1, b1, W2, b2, W3, b3 in this order, row by row.

    Raises
    ------
    ValueError
        If an argument is not as described, one sentence.
    """
    activation = choice("activation", activation, ACTIVATIONS)
    act = ACTIVATIONS[activation](number("slope", slope, "a number from 0 to 1", 0, 1))
    second = CURVATURES[activation]
    parameters, task = as_parameters(parameters), as_task(task)
    W1, b1, W2, b2, W3, b3 = parameters
    x, y = _with_one(task.x_train), task.y_train
    Z1, A1, Z2, A2, output = forward(parameters, task.x_train, act) if layers is None else layers
    scale = 2 / len(x)
    if second is None and _straight(Z1) and _straight(Z2):
        moments = np.linalg.qr(np.hstack([x, y]), mode="r")
        x, y, one = moments[:, :3], moments[:, 3:], moments[:, 2:3]
        s1, s2 = act(Z1[:1])[1](), act(Z2[:1])[1]()
        A1 = np.hstack([x @ np.vstack([W1, b1]) * s1, one])
        A2 = np.hstack([A1 @ np.vstack([W2, b2]) * s2, one])
        output = A2 @ np.vstack([W3, b3])
    else:
        s1, s2 = act(Z1)[1](), act(Z2)[1]()
        A1, A2 = _with_one(A1), _with_one(A2)
    E = scale * (output - y)
    back2 = E * W3.T
    D2 = back2 * s2
    if second:
        bend1, bend2 = D2 @ W2.T * second(Z1), back2 * second(Z2)
    width, hidden = W2.shape
    ends = 3 * width, 3 * width + (width + 1) * hidden

    def product(vector):
        # Of each layer the weights and, as a last row, the biases: they belong to an input of 1.
        V1, V2, V3 = np.split(np.ravel(vector), ends)
        V1, V2, V3 = V1.reshape(3, width), V2.reshape(width + 1, hidden), V3.reshape(-1, 1)
        RZ1 = x @ V1
        RA1 = s1 * RZ1
        RZ2 = RA1 @ W2 + A1 @ V2
        RA2 = s2 * RZ2
        RE = scale * (RA2 @ W3 + A2 @ V3)
        RD2 = (RE * W3.T + E * V3[:-1].T) * s2
        if second:
            RD2 += bend2 * RZ2
        RD1 = (RD2 @ W2.T + D2 @ V2[:-1].T) * s1
        if second:
            RD1 += bend1 * RZ1
        of_2, of_3 = A1.T @ RD2, A2.T @ RE
        of_2[:-1] += RA1.T @ D2
        of_3[:-1] += RA2.T @ E
        return np.concatenate([(x.T @ RD1).ravel(), of_2.ravel(), of_3.ravel()])

    return product


def _with_one(inputs):
    return np.hstack([inputs, np.ones((len(inputs), 1))])


@lru_cache(256)
def _start_vector(size):
    """Where Lanczos starts, (size,); it cannot be written to."""
    vector = np.random.RandomState(0).standard_normal(size)
    vector.flags.writeable = False
    return vector


def sharpness(parameters, task, slope=0.01, activation="leaky_relu", layers=None):
    """The largest eigenvalue λ of the Hessian of the training loss (Cohen et al. 2021).

    Parameters
    ----------
    parameters, task, slope, activation, layers
        As in `hessian_product`.

    Returns
    -------
    float
        inf if a parameter, or the Hessian, is not finite. Below the limit 2/η gradient descent
        with step η is stable on the quadratic approximation of the loss; above it, it is not.

    Raises
    ------
    ValueError
        If an argument is not as described, one sentence.
    """
    parameters = as_parameters(parameters)
    size = sum(np.size(p) for p in parameters)
    vectors = min(size, 8)
    options = {"v0": _start_vector(size), "ncv": vectors, "tol": 1e-7}  # λ's error: its square
    with np.errstate(over="ignore", invalid="ignore"):
        product = hessian_product(parameters, task, slope, activation, layers)
        if not all(np.isfinite(p).all() for p in parameters):
            return np.inf

        def finite(vector):
            image = product(vector)
            if not np.isfinite(image).all():
                raise OverflowError
            return image

        hessian = LinearOperator((size, size), matvec=finite, dtype=float)
        try:
            return float(eigsh(hessian, 1, which="LA", return_eigenvectors=False, **options)[0])
        except OverflowError:
            return np.inf
