"""GELU and SiLU, compiled by Numba: the formulas of `network.ACTIVATIONS`, number by number.

Nothing in between becomes an array. Operations and their order are the same, so the bits are.
"""

import numpy as np
from numba import vectorize

ROOT, CUBE = np.sqrt(2 / np.pi), 0.044715


@vectorize(["f8(f8)"], cache=True)
def _gelu_tanh_of(z):
    return ROOT * (z + CUBE * z * z * z)


@vectorize(["f8(f8, f8)"], cache=True)
def _value(z, t):
    return z * (1 + t) / 2


@vectorize(["f8(f8, f8)"], cache=True)
def _gelu_slope(z, t):
    return (1 + t + z * (1 - t * t) * (ROOT * (1 + 3 * CUBE * z * z))) / 2


@vectorize(["f8(f8, f8)"], cache=True)
def _silu_slope(z, t):
    return (1 + t + z * (1 - t * t) * 0.5) / 2


def gelu(z):
    """Value at z, and a function () that gives the slope there."""
    t = np.tanh(_gelu_tanh_of(z))
    return _value(z, t), lambda: _gelu_slope(z, t)


def silu(z):
    """Value at z, and a function () that gives the slope there."""
    t = np.tanh(z / 2)
    return _value(z, t), lambda: _silu_slope(z, t)
