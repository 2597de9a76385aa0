"""Sharpness from a gradient: against the library's own, a whole Hessian, and bad gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fma
from fma.network import ACTIVATIONS, Parameters, gradient
from fma.stability import hessian_product

TASK = fma.product_task()


def flat(parameters):
    return np.concatenate([np.ravel(p) for p in parameters])


def gradient_of(like, activation="leaky_relu", dtype=float):
    """The library's gradient as a function of a flat array."""
    cuts = np.cumsum([p.size for p in like])[:-1]

    def of(vector):
        pieces = zip(np.split(vector, cuts), like, strict=True)
        parameters = Parameters(*(v.reshape(p.shape) for v, p in pieces))
        return flat(gradient(parameters, TASK, ACTIVATIONS[activation](0.01))[1]).astype(dtype)

    return of


@pytest.mark.parametrize("init", ["uniform", "he", "torch"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_equals_sharpness_on_our_networks(init, activation):
    parameters = fma.initialise(20, 1, init)
    expected = fma.sharpness(parameters, TASK, activation=activation)
    found = fma.sharpness_of(gradient_of(parameters, activation), parameters)
    assert found == pytest.approx(expected, rel=1e-6)
    assert abs(found - expected) <= found.error + 1e-9 * expected
    product = hessian_product(parameters, TASK, activation=activation)
    exact = fma.sharpness_of(None, flat(parameters), product)
    assert exact == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("width", [63, 64])
def test_equals_sharpness_on_the_puzzles_networks(width):
    parameters = fma.initialise(width, 1, "uniform")
    found = fma.sharpness_of(gradient_of(parameters), parameters)
    assert found == pytest.approx(fma.sharpness(parameters, TASK), rel=1e-6)


def test_a_gradient_in_float32_states_its_larger_error():
    parameters = fma.initialise(20, 1, "uniform")
    found = fma.sharpness_of(gradient_of(parameters, dtype=np.float32), parameters)
    assert found == pytest.approx(fma.sharpness(parameters, TASK), rel=1e-3)
    assert found.error > 1e-8 * found


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_equals_the_largest_eigenvalue_of_a_whole_hessian(n, seed):
    random = np.random.default_rng(seed)
    half = random.standard_normal((n, n))
    hessian, centre = half + half.T, random.standard_normal(n)
    found = fma.sharpness_of(lambda x: hessian @ (x - centre), random.standard_normal(n))
    values = np.linalg.eigvalsh(hessian)
    assert found == pytest.approx(values[-1], abs=1e-6 * np.abs(values).max())


BAD = {
    "must return an array of shape": lambda x: x[1:],
    "must be finite": lambda x: x * np.nan,
    "is not that of any loss": lambda x: np.triu(np.ones((len(x), len(x)))) @ x,
    "must be one smooth function": lambda x: x + np.random.default_rng().normal(size=len(x)),
}


@pytest.mark.parametrize("sentence", BAD)
def test_a_bad_gradient_gets_one_sentence(sentence):
    with pytest.raises(ValueError, match=f"^gradient {sentence}") as caught:
        fma.sharpness_of(BAD[sentence], np.arange(1.0, 21))
    assert "\n" not in str(caught.value)


def test_a_bad_product_is_named():
    with pytest.raises(ValueError, match=r"^hessian_product must return"):
        fma.sharpness_of(None, np.ones(20), lambda v: v[1:])


def test_one_layer_with_another_factor_is_noticed():
    parameters = fma.initialise(5, 1, "torch", hidden=4)
    of, wrong = gradient_of(parameters), np.ones(flat(parameters).size)
    wrong[: parameters.W1.size] = 2
    with pytest.raises(ValueError, match="symmetric"):
        fma.sharpness_of(lambda x: wrong * of(x), parameters)


def test_no_curvature_is_zero():
    assert fma.sharpness_of(np.ones_like, np.arange(20.0)) == 0
