"""The interaction measure on surfaces whose split is known."""

import numpy as np
import pytest

import fma
from fma.surface import grid, interaction, surface


def test_known_surfaces():
    m, pairs = grid()
    u, v = np.sin(m)[:, None], np.exp(m / 5)
    additive, product = u + v, np.outer(m, m)
    assert interaction(additive)["share"] == pytest.approx(0, abs=1e-14)
    assert interaction(additive)["captured"] == pytest.approx(0, abs=1e-12)
    of_product = interaction(product)
    # With M uniform on [1, 10], Var(ma) = 2 E[M]² V + V²; midpoints lack a little of V.
    mean, variance = 5.5, m.var()
    assert of_product["share"] == pytest.approx(variance / (variance + 2 * mean**2))
    assert of_product["captured"] == pytest.approx(1)
    assert of_product["r2"] == pytest.approx(1)
    half = additive + 0.5 * np.outer(m - 5.5, m - 5.5)
    assert interaction(half)["captured"] == pytest.approx(0.5)
    assert interaction(np.full((40, 40), 3.0)) == {
        "share": 0.0,
        "captured": 0.0,
        "r2": pytest.approx(1 - (product - 3).__pow__(2).mean() / product.var()),
    }
    assert pairs[1].tolist() == [m[0], m[1]]


def test_a_linear_network_has_no_interaction():
    parameters = fma.initialise(6, 1, "he", 5)
    assert interaction(surface(parameters, slope=1.0))["share"] < 1e-25
    assert interaction(surface(parameters, slope=0.0))["share"] > 1e-4
