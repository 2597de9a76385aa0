"""The gradient against central differences, the plain reference and JAX's autodiff."""

import numpy as np
import pytest
import reference

import fma
from fma import folding, smooth
from fma.folding import FoldedGradient
from fma.network import ACTIVATIONS, INITS, Parameters, forward, gradient, initialise
from fma.task import Task, product_task

SLOPES = (0, 0.01, 0.3, 1)
FORMS = [(*case, folded) for case in [("leaky_relu", s) for s in SLOPES] for folded in (0, 1)]
FORMS += [("tanh", 0, 0), ("silu", 0, 0), ("gelu", 0, 0)]


def small_task(rows=40):
    task = product_task()
    empty = np.empty((0, 2)), np.empty((0, 1))
    return Task("product", task.x_train[:rows] / 10, task.y_train[:rows] / 10, *empty)


def shaken(width, seed, init, hidden):
    """Initial parameters with biases that are not zero, so that many neurons are bent."""
    random = np.random.RandomState(seed)
    parameters = initialise(width, seed, init, hidden)
    return Parameters(*(p + 0.3 * random.randn(*p.shape) for p in parameters))


def by_hand(parameters, task, activation, slope, folded):
    if folded:
        return FoldedGradient(parameters, task, slope)()
    return gradient(parameters, task, ACTIVATIONS[activation](slope))


def flat(arrays):
    return np.concatenate([np.ravel(a) for a in arrays])


def distance(found, expected):
    return np.linalg.norm(flat(found) - flat(expected)) / np.linalg.norm(flat(expected))


@pytest.mark.parametrize("init", ["he", "uniform"])
@pytest.mark.parametrize(("width", "hidden"), [(1, 1), (3, 7), (9, 5)])
@pytest.mark.parametrize(("activation", "slope", "folded"), FORMS)
def test_equals_central_differences(activation, slope, folded, width, hidden, init):
    task, act = small_task(), ACTIVATIONS[activation](slope)
    parameters = shaken(width, 5, init, hidden)

    def cost():
        return np.mean((forward(parameters, task.x_train, act)[-1] - task.y_train) ** 2)

    numeric = []
    for p in parameters:
        for i in np.ndindex(p.shape):
            middle, step = p[i], 1e-6
            p[i] = middle + step
            above = cost()
            p[i] = middle - step
            numeric.append((above - cost()) / (2 * step))
            p[i] = middle
    value, analytic, _ = by_hand(parameters, task, activation, slope, folded)
    assert value == pytest.approx(cost(), rel=1e-12)
    assert distance(analytic, numeric) < 1e-6


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize(("width", "hidden"), [(1, 1), (2, 130), (63, 64), (130, 7)])
def test_folding_changes_nothing(width, hidden, init, slope):
    task, act = product_task(), ACTIVATIONS["leaky_relu"](slope)
    for start in (initialise(width, 3, init, hidden), shaken(width, 3, init, hidden)):
        folded, plain = FoldedGradient(start, task, slope)(), gradient(start, task, act)
        assert folded[0] == pytest.approx(plain[0], rel=1e-12)
        assert distance(folded[1], plain[1]) < 1e-12
        assert folded[2] == pytest.approx(plain[2], rel=1e-12, abs=1e-12)


def test_folding_meets_bent_and_straight_neurons_in_both_layers():
    task, act = product_task(), ACTIVATIONS["leaky_relu"](0.01)
    Z1, _, Z2, _, _ = forward(shaken(63, 3, "he", 64), task.x_train, act)
    for Z in (Z1, Z2):
        positive = (Z > 0).sum(axis=0)
        kinds = positive == 0, positive == len(Z), (positive > 0) & (positive < len(Z))
        assert all(kind.any() for kind in kinds)


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("init", INITS)
def test_the_bounds_of_layer_2_hold_on_every_row(init, slope):
    task, act = product_task(), ACTIVATIONS["leaky_relu"](slope)
    for width, hidden, seed in [(1, 1, 1), (2, 130, 2), (20, 64, 3), (130, 7, 4)]:
        for start in (initialise(width, seed, init, hidden), shaken(width, seed, init, hidden)):
            low, high, needed = bounds(start, task, slope)
            Z2 = forward(start, task.x_train, act)[2]
            room = 1e-9 * np.abs(Z2).max()
            assert np.all(low <= Z2.min(axis=0) + room)
            assert np.all(high >= Z2.max(axis=0) - room)
            assert np.argmax(Z2.max(axis=0)) in needed
            assert np.isin(
                np.flatnonzero((Z2.min(axis=0) <= 0) & (Z2.max(axis=0) > 0)), needed
            ).all()


def bounds(parameters, task, slope):
    """What FoldedGradient knows of layer 2 before it computes any neuron on every row."""
    (W1, b1, W2, b2, _, _), corners = parameters, FoldedGradient(parameters, task, slope).corners
    ends, low, high = folding._corner_values(W1, b1, corners)
    bent, slopes = folding._sides(low, high, slope)
    weights = folding._weights(W1, b1, W2, b2, slopes, bent, 1 - slope)
    return folding._bounds(weights, ends, bent, corners)


def test_while_layer_2_is_straight_hardly_any_neuron_is_computed_on_every_row():
    task, act = product_task(), ACTIVATIONS["leaky_relu"](0.01)
    for epochs in (30, 80, 140):
        parameters = fma.train(63, 1, "table", epochs=epochs, detail=0).parameters
        Z1, _, Z2, _, _ = forward(parameters, task.x_train, act)
        assert np.sum((Z1 > 0).any(axis=0) & (Z1 <= 0).any(axis=0)) > 10
        assert np.all(Z2 > 0)
        assert len(bounds(parameters, task, 0.01)[2]) <= 8


def test_while_layer_2_is_straight_its_gradient_is_of_rank_one():
    task, act = product_task(), ACTIVATIONS["leaky_relu"](0.01)
    for straight, start in [(True, initialise(63, 1, "uniform")), (False, shaken(63, 3, "he", 64))]:
        assert np.all(forward(start, task.x_train, act)[2] > 0) == straight
        for found in (FoldedGradient(start, task, 0.01)(), gradient(start, task, act)):
            assert (np.linalg.matrix_rank(found[1].W2, rtol=1e-9) == 1) == straight


def test_folded_gradient_follows_parameters_that_change_in_place():
    task, act = product_task(), ACTIVATIONS["leaky_relu"](0.01)
    parameters = shaken(12, 1, "he", 9)
    folded = FoldedGradient(parameters, task, 0.01)
    folded()
    for p in parameters:
        p *= -0.5
    assert distance(folded()[1], gradient(parameters, task, act)[1]) < 1e-12


def test_equals_jax_autodiff():
    jax = pytest.importorskip("jax", reason="JAX is not installed: pip install 'fma[oracle]'")
    from autodiff import cost

    derived = jax.jit(jax.value_and_grad(cost))
    for width, init in ((64, "he"), (63, "uniform"), (5, "torch")):
        parameters = shaken(width, 2, init, 64)
        for form in FORMS:
            activation, slope, _ = form
            with jax.enable_x64(True):
                place = list(ACTIVATIONS).index(activation)
                value, expected = derived(parameters, place, float(slope))
            found = by_hand(parameters, product_task(), *form)
            assert found[0] == pytest.approx(float(value), rel=1e-12), form
            assert distance(found[1], expected) < 1e-12, form


@pytest.mark.parametrize("slope", SLOPES)
def test_equals_the_reference(slope):
    parameters, task = shaken(20, 4, "he", 30), product_task()
    cost, expected, Z2 = reference.cost_and_gradient(parameters, *reference.task(), slope)
    for folded in (0, 1):
        found = by_hand(parameters, task, "leaky_relu", slope, folded)
        assert found[0] == pytest.approx(cost, rel=1e-12)
        assert distance(found[1], expected) < 1e-12
        assert found[2] == pytest.approx((Z2.max(), np.sum((Z2 > 0).any(axis=0))), rel=1e-12)


@pytest.mark.parametrize("activation", ["gelu", "silu"])
def test_compiled_activations_are_the_plain_ones_to_the_last_bit(activation):
    z = np.random.RandomState(4).randn(70, 41) * np.logspace(-9, 2, 41)
    z[0, :3] = 0.0, -0.0, 1e200
    with np.errstate(over="ignore", invalid="ignore"):
        value, slope = ACTIVATIONS[activation](0.01)(z)
        compiled, compiled_slope = getattr(smooth, activation)(z)
        assert np.array_equal(compiled, value, equal_nan=True)
        assert np.array_equal(compiled_slope(), slope(), equal_nan=True)
