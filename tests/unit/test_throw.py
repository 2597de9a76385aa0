"""The small map against finite differences, plain loops and the networks it stands for."""

import math

import numpy as np
import pytest
from scipy.optimize import bisect

import fma
from fma import throw
from fma.throw import Start

TASK = fma.product_task()
T = [(m + a) / math.sqrt(2) for m, a in TASK.x_train.tolist()]
Y = TASK.y_train[:, 0].tolist()


def loss(r, w, s):
    """Mean squared error of f = r w σ t, row by row."""
    return sum((r * w * s * t - y) ** 2 for t, y in zip(T, Y, strict=True)) / len(T)


def derivative(f, at, i, h=1e-5):
    """Central difference along one of the arguments."""
    up, down = list(at), list(at)
    up[i] += h
    down[i] -= h
    return (f(*up) - f(*down)) / (2 * h)


def plain(start, x, updates):
    """The map as scalar arithmetic with the derivatives of the loss; None once it is lost."""
    r, w, s = map(float, start)
    kappa, target = throw.constants()
    eta = x / float(throw.curvature(start))
    for _ in range(updates):
        pull = kappa * (r * w * s - target)
        r, w, s = r - eta * pull * w * s, w - eta * pull * r * s, s - eta * pull * r * w
        if w <= 0 or s <= 0 or abs(r) > 1e6:
            return None
    return r, w, s


def test_an_update_is_gradient_descent_on_the_loss_of_one_number_a_layer():
    start = Start(0.4, 3.7, 4.4)
    eta = 3.0 / throw.curvature(start)
    before, after = (np.array(v) for v in zip(*throw.throw(start, 3.0, 1), strict=True))
    slopes = [derivative(loss, before, i) for i in range(3)]
    np.testing.assert_allclose(before - eta * np.array(slopes), after, rtol=1e-6)


def test_the_curvature_is_the_largest_eigenvalue_of_the_hessian():
    at = (0.4, 3.7, 4.4)
    hessian = [
        [derivative(lambda *v, i=i: derivative(loss, v, i, 1e-4), at, j, 1e-4) for j in range(3)]
        for i in range(3)
    ]
    assert throw.curvature(Start(*at)) == pytest.approx(np.linalg.eigvals(hessian).real.max(), 1e-5)


def test_the_curvature_of_the_sums_is_nearly_the_sharpness_of_the_network():
    for width, seed in ((24, 3), (64, 1), (150, 8)):
        parameters = fma.initialise(width, seed, "uniform")
        small = throw.curvature(throw.start_of(parameters))
        assert small == pytest.approx(fma.sharpness(parameters, TASK), rel=0.04)


def test_the_mean_start_is_the_mean_of_drawn_networks():
    drawn = [throw.start_of(fma.initialise(90, seed, "uniform")) for seed in range(300)]
    for values, mean in zip(np.array(drawn).T, throw.mean_start(90), strict=True):
        assert np.mean(values) == pytest.approx(mean, abs=4 * np.std(values) / math.sqrt(300))
    assert throw.mean_start(90, hidden=16).w == 2
    with pytest.raises(ValueError, match="init must be one of uniform, got 'he'"):
        throw.mean_start(90, init="he")


def test_the_start_of_a_network_is_made_of_its_sums():
    W1, _, W2, _, W3, _ = parameters = fma.initialise(5, 2, "uniform", 3)
    start = throw.start_of(parameters)
    assert start.r == pytest.approx(sum(W3[:, 0].tolist()) / 3**0.5)
    assert start.w == pytest.approx(sum(W2.ravel().tolist()) / 15**0.5)
    sums = [sum(row) for row in W1.tolist()]
    assert throw.layer1_size(parameters) == pytest.approx(math.hypot(*sums) / 5**0.5)


def test_a_network_of_alike_neurons_follows_the_map():
    """All weights at their mean, biases too small to matter in one update: the same step."""
    width, hidden = 30, 64
    full = [np.full(p.shape, np.mean(p)) for p in fma.initialise(width, 1, "uniform", hidden)]
    start = throw.start_of(full)
    rate = 3.5 / float(throw.curvature(start))
    recipe = fma.Recipe("uniform", rate, 1)
    after = fma.train(width, 1, recipe, parameters=fma.network.Parameters(*full)).parameters
    small = throw.throw(start, 3.5, 1)
    for moved, value in zip(throw.start_of(after), small, strict=True):
        assert moved == pytest.approx(value[1], abs=0.02)


def test_arrays_of_starts_give_what_each_gives_alone():
    sizes, x = np.array([2.5, 4.0, 6.0])[:, None], np.array([3.0, 3.8, 5.0])
    starts = Start(0.5, 4.0, sizes)
    path, inside = throw.throw(starts, x, 5), throw.stays(starts, x)
    assert path.r.shape == (6, 3, 3)
    for i, j in np.ndindex(3, 3):
        alone = Start(0.5, 4.0, sizes[i, 0])
        np.testing.assert_allclose(throw.throw(alone, x[j], 5).w, path.w[:, i, j])
        assert throw.stays(alone, x[j]) == inside[i, j]


@pytest.mark.parametrize("width", [24, 40, 80, 128, 160])
def test_the_predicted_border_is_where_plain_arithmetic_is_first_lost(width):
    start = throw.mean_start(width)
    at = float(throw.predicted_border(width))
    for x in (2.0, at - 0.3, at - 0.002):
        found = plain(start, x, 400)
        assert found is not None
        assert np.prod(found) == pytest.approx(throw.constants()[1], rel=0.02)
    assert plain(start, at + 0.002, 400) is None


def test_the_predicted_border_by_width():
    found = throw.predicted_border([24, 40, 80, 128, 160])
    np.testing.assert_allclose(found, [4.20, 3.84, 3.75, 3.57, 3.51], atol=0.006)


def test_equal_layers_stay_equal_and_a_lost_run_creeps_into_zero():
    start = throw.mean_start(64)
    path = throw.throw(start, 4.0, 400)
    np.testing.assert_array_equal(path.w, path.sigma)
    assert path.w[-1] > 0
    assert abs(path.r * path.w * path.sigma)[-1] < 1e-9
    assert not throw.stays(start, 4.0)
    uneven = throw.throw(Start(0.5, 4.0, 4.0 + 1e-6), 4.0, 400)
    assert uneven.w[-1] < 0


def test_small_steps_conserve_the_differences_of_squares():
    path = throw.throw(Start(0.5, 4.0, 3.0), 0.02, 500)
    assert np.ptp(path.w**2 - path.r**2) < 0.01
    assert np.ptp(path.sigma**2 - path.r**2) < 0.01
    assert np.ptp(throw.throw(Start(0.5, 4.0, 3.0), 3.5, 500).w) > 1


def test_a_step_far_too_large_is_lost_and_warns_of_nothing():
    with np.errstate(all="raise"):
        assert not throw.stays(throw.mean_start(80), 1e3)
    assert np.isnan(throw.border(throw.mean_start(80), high=3.0))


def test_the_leading_excess_is_the_inequality():
    r0, w, s, x = 0.5, 4.0, 3.0, 3.9
    rest = throw.constants()[1] / (w * s)
    swing = [rest + (1 - x) ** k * (r0 - rest) for k in range(3)]
    expected = x * sum(r * (r - rest) for r in swing) - min(w, s) ** 2
    assert throw.leading_excess(Start(r0, w, s), x) == pytest.approx(expected)
    two = x * sum(r * (r - rest) for r in swing[:2])
    assert throw.leading_excess(Start(r0, w, s), x, swings=2) == pytest.approx(two - min(w, s) ** 2)


@pytest.mark.parametrize("width", [24, 40, 64, 80, 105, 128, 160])
def test_the_border_is_known_to_four_digits(width):
    start = throw.mean_start(width)
    at = float(throw.border(start))

    def side(x):
        return 1.0 if throw.stays(start, x) else -1.0

    assert at == pytest.approx(bisect(side, at - 0.01, at + 1e-9, xtol=1e-7), abs=1e-4)


def test_borders_of_an_array_are_those_of_each():
    starts = throw.mean_start(np.array([40, 128]))
    found = [float(throw.border(throw.mean_start(width))) for width in (40, 128)]
    assert throw.border(starts).tolist() == found
