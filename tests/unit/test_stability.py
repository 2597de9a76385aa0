"""Sharpness against the whole Hessian, central differences and another framework."""

import warnings

import numpy as np
import pytest

import fma
from fma import stability
from fma.network import ACTIVATIONS, INITS, Parameters, gradient
from fma.stability import hessian_product, sharpness

TASK = fma.product_task()


def flat(parameters):
    return np.concatenate([np.ravel(p) for p in parameters])


def unflat(vector, like):
    cuts = np.cumsum([p.size for p in like])[:-1]
    return Parameters(
        *(v.reshape(p.shape) for v, p in zip(np.split(vector, cuts), like, strict=True))
    )


def whole_hessian(parameters, **kwargs):
    product = hessian_product(parameters, TASK, **kwargs)
    return np.column_stack([product(e) for e in np.eye(len(flat(parameters)))])


def small_network(init="he", activation="leaky_relu", seed=3):
    """With biases, and scaled so that smooth activations are not saturated."""
    scale = 1 if activation == "leaky_relu" else 0.3
    random = np.random.RandomState(seed)
    return Parameters(
        *(scale * p + 0.1 * random.randn(*p.shape) for p in fma.initialise(5, seed, init, hidden=4))
    )


@pytest.mark.parametrize("init", ["uniform", "he"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_whole_hessian_is_symmetric_and_equals_central_differences(activation, init):
    parameters = small_network(init, activation)
    act = ACTIVATIONS[activation](0.01)
    theta, h = flat(parameters), 1e-6
    hessian = whole_hessian(parameters, activation=activation)
    differences = np.column_stack(
        [
            flat(gradient(unflat(theta + h * e, parameters), TASK, act)[1])
            - flat(gradient(unflat(theta - h * e, parameters), TASK, act)[1])
            for e in np.eye(len(theta))
        ]
    ) / (2 * h)
    size = np.abs(hessian).max()
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-12 * size)
    np.testing.assert_allclose(hessian, differences, atol=1e-7 * size)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("seed", range(3))
def test_sharpness_is_the_largest_eigenvalue_of_the_whole_hessian(activation, seed):
    parameters = small_network("he", activation, seed)
    largest = np.linalg.eigvalsh(whole_hessian(parameters, activation=activation))[-1]
    assert sharpness(parameters, TASK, activation=activation) == pytest.approx(largest, rel=1e-12)


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_lanczos_may_stop_early_for_its_error_is_squared(activation, init, monkeypatch):
    """λ to twelve digits at the article's size, beside as long a run as float64 rewards."""
    parameters = fma.initialise(64, 1, init)
    found = sharpness(parameters, TASK, activation=activation)
    eigsh = stability.eigsh
    monkeypatch.setattr(
        stability, "eigsh", lambda *args, **how: eigsh(*args, **how | {"ncv": 30, "tol": 0})
    )
    assert found == pytest.approx(sharpness(parameters, TASK, activation=activation), rel=1e-12)


def test_whole_hessian_equals_jax():
    jax = pytest.importorskip("jax", reason="JAX is not installed: pip install 'fma[oracle]'")
    from autodiff import cost

    derived = jax.jit(jax.hessian(lambda theta, *how: cost(unflat(theta, small_network()), *how)))
    for place, activation in enumerate(ACTIVATIONS):
        for init in ("uniform", "he"):
            parameters = small_network(init, activation)
            with jax.enable_x64(True):
                theirs = np.asarray(derived(flat(parameters), place, 0.01))
            ours, case = whole_hessian(parameters, activation=activation), f"{activation}, {init}"
            size, largest = np.abs(theirs).max(), np.linalg.eigvalsh(theirs)[-1]
            np.testing.assert_allclose(ours, theirs, atol=1e-10 * size, err_msg=case)
            found = sharpness(parameters, TASK, activation=activation)
            assert found == pytest.approx(largest, rel=1e-9), case


def test_four_rows_stand_for_all_of_a_straight_network(monkeypatch):
    parameters = fma.initialise(20, 1, "uniform", hidden=8)
    parameters.W2[:, 0] *= -1  # a neuron that is negative on every row
    parameters.b2[:] = 0.1
    vector = np.random.RandomState(0).standard_normal(20 * 11 + 17)
    four = hessian_product(parameters, TASK)(vector)
    monkeypatch.setattr(stability, "_straight", lambda z: False)
    np.testing.assert_allclose(four, hessian_product(parameters, TASK)(vector), rtol=1e-9)


@pytest.mark.parametrize("init", INITS)
def test_a_step_above_twice_the_inverse_grows_and_a_step_below_shrinks(init):
    """Along the eigenvector of λ, θ ← θ - η H θ multiplies by 1 - η λ."""
    parameters = fma.initialise(6, 2, init, hidden=5)
    value = sharpness(parameters, TASK)
    hessian = whole_hessian(parameters)
    vector = np.linalg.eigh(hessian)[1][:, -1]
    for eta, factor in ((1.9 / value, 0.9), (2.1 / value, 1.1)):
        step = vector - eta * hessian @ vector
        assert np.linalg.norm(step) == pytest.approx(factor, rel=1e-8)


def test_sharpness_is_deterministic_and_scales_with_the_loss():
    parameters = fma.initialise(64, 1, "uniform")
    assert sharpness(parameters, TASK) == sharpness(parameters, TASK)
    assert fma.sharpness is sharpness
    doubled = TASK._replace(
        x_train=np.vstack([TASK.x_train] * 2), y_train=np.tile(TASK.y_train, (2, 1))
    )
    assert sharpness(parameters, doubled) == pytest.approx(sharpness(parameters, TASK), rel=1e-10)


def test_sharpness_at_the_edges():
    tiny = fma.initialise(1, 0, "he", hidden=1)
    assert sharpness(tiny, TASK) == pytest.approx(np.linalg.eigvalsh(whole_hessian(tiny))[-1])
    zero = Parameters(*(np.zeros_like(p) for p in tiny))
    assert sharpness(zero, TASK) == pytest.approx(2)  # only b3 is felt
    assert sharpness(tiny._replace(b3=np.array([np.nan])), TASK) == np.inf


@pytest.mark.parametrize("size", [1e200, 1e300])
@pytest.mark.parametrize("init", ["he", "uniform"])
def test_sharpness_beyond_the_finite_numbers_is_infinite_and_says_nothing(size, init, capfd):
    start = fma.initialise(8, 1, init)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sharpness(start._replace(W1=size * start.W1), TASK) == np.inf
    assert capfd.readouterr() == ("", "")


TINY = fma.initialise(1, 0, "he", hidden=1)


@pytest.mark.parametrize(
    "bad",
    [
        *([1, 2, 3], [], 3, None, "parameters", TINY[:5], [np.zeros((0, 0))] * 6),
        *(TINY._replace(b2=np.zeros(7)), TINY._replace(W2=[[1.0], [2.0, 3.0]])),
    ],
)
def test_what_are_no_parameters_are_refused_in_one_sentence(bad):
    with pytest.raises(ValueError, match=r"\Aparameters must have the shapes .*, got .*\Z"):
        sharpness(bad, TASK)


@pytest.mark.parametrize("bad", [np.nan, 7, -0.1, "steep"])
def test_another_slope_or_activation_is_refused(bad):
    with pytest.raises(ValueError, match=r"^slope must be a number from 0 to 1, got "):
        sharpness(TINY, TASK, slope=bad)
    with pytest.raises(ValueError, match="activation must be one of"):
        sharpness(TINY, TASK, activation="relu6")
