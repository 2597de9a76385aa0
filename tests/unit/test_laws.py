"""Properties that hold for every network: shapes, the stream, symmetries, scaling laws."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import fma
from fma.folding import FoldedGradient
from fma.network import ACTIVATIONS, INITS, Parameters, forward, shapes

widths, hiddens = st.integers(1, 40), st.integers(1, 40)
seeds = st.integers(0, 2**32 - 1)
slopes = st.sampled_from([0.0, 0.01, 0.5, 1.0])
scales = st.floats(0.1, 10)
inits = st.sampled_from(sorted(INITS))
TASK = fma.product_task()
few = settings(max_examples=30, deadline=None)


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10 * max(1, np.abs(b).max()))


@few
@given(widths, hiddens, seeds, inits)
def test_shapes_and_zero_biases(width, hidden, seed, init):
    parameters = fma.initialise(width, seed, init, hidden)
    assert tuple(p.shape for p in parameters) == tuple(shapes(width, hidden))
    assert all(not b.any() for b in parameters[1::2])
    assert all(p.dtype == np.float64 for p in parameters)


@few
@given(widths, hiddens, seeds)
def test_weights_are_the_legacy_stream_scaled_by_fan_in(width, hidden, seed):
    total = 2 * width + width * hidden + hidden
    draws = {
        "uniform": np.random.RandomState(seed).uniform(size=total),
        "he": np.random.RandomState(seed).normal(size=total),
    }
    for init, gain in (("uniform", 1), ("he", 2)):
        matrices = fma.initialise(width, seed, init, hidden)[::2]
        unscaled = [W.ravel() / np.sqrt(gain / W.shape[0]) for W in matrices]
        close(np.concatenate(unscaled), draws[init])


@few
@given(widths, hiddens, seeds, slopes, inits)
def test_the_order_of_the_rows_does_not_matter(width, hidden, seed, slope, init):
    parameters = fma.initialise(width, seed, init, hidden)
    order = np.random.RandomState(seed).permutation(len(TASK.x_train))
    shuffled = TASK._replace(x_train=TASK.x_train[order], y_train=TASK.y_train[order])
    expected = FoldedGradient(parameters, TASK, slope)()
    found = FoldedGradient(parameters, shuffled, slope)()
    close(found[0], expected[0])
    for g, h in zip(found[1], expected[1], strict=True):
        close(g, h)


@few
@given(widths, hiddens, seeds, slopes, scales, scales)
def test_leaky_relu_is_positively_homogeneous(width, hidden, seed, slope, c, d):
    act = ACTIVATIONS["leaky_relu"](slope)
    W1, b1, W2, b2, W3, b3 = fma.initialise(width, seed, "he", hidden)
    b1, b2 = b1 + 0.1, b2 - 0.1
    output = forward(Parameters(W1, b1, W2, b2, W3, b3), TASK.x_train, act)[-1]
    moved = Parameters(c * W1, c * b1, d / c * W2, d * b2, W3 / d, b3)
    close(forward(moved, TASK.x_train, act)[-1], output)


@few
@given(widths, hiddens, seeds, slopes, scales)
def test_scaling_the_output_and_the_target_scales_the_cost(width, hidden, seed, slope, c):
    parameters = fma.initialise(width, seed, "he", hidden)
    scaled = parameters._replace(W3=c * parameters.W3, b3=c * parameters.b3)
    larger = TASK._replace(y_train=c * TASK.y_train)
    cost, d_parameters, activity = FoldedGradient(parameters, TASK, slope)()
    new_cost, new_gradient, new_activity = FoldedGradient(scaled, larger, slope)()
    close(new_cost, c**2 * cost)
    close(new_gradient.W2, c**2 * d_parameters.W2)
    close(new_gradient.W3, c * d_parameters.W3)
    close(new_activity, activity)


@few
@given(widths, hiddens, seeds, slopes)
def test_renaming_hidden_neurons_renames_their_gradients(width, hidden, seed, slope):
    random = np.random.RandomState(seed)
    i, j = random.permutation(width), random.permutation(hidden)

    def renamed(p):
        W1, b1, W2, b2, W3, b3 = p
        new = W1[:, i], b1[i], W2[i][:, j], b2[j], W3[j], b3
        return Parameters(*(p.copy(order="C") for p in new))

    parameters = fma.initialise(width, seed, "he", hidden)
    cost, d_parameters, activity = FoldedGradient(parameters, TASK, slope)()
    new_cost, new_gradient, new_activity = FoldedGradient(renamed(parameters), TASK, slope)()
    close(new_cost, cost)
    close(new_activity, activity)
    for g, h in zip(new_gradient, renamed(d_parameters), strict=True):
        close(g, h)


@few
@given(seeds, st.integers(1, 12))
def test_the_same_run_twice_is_the_same_bit_for_bit(seed, width):
    first, second = (fma.train(width, seed, "long", epochs=5) for _ in range(2))
    assert first.cost.tobytes() == second.cost.tobytes()


def test_the_task_is_the_articles():
    random = np.random.RandomState(42)
    m, a = random.uniform(1, 10, 1000), random.uniform(1, 10, 1000)
    task = fma.product_task()
    shapes_ = [array.shape for array in task[1:]]
    assert shapes_ == [(700, 2), (700, 1), (300, 2), (300, 1)]
    assert np.array_equal(task.x_train, np.column_stack([m, a])[:700])
    assert np.array_equal(task.y_val[:, 0], (m * a)[700:])
    assert np.array_equal(fma.sum_task().y_train[:, 0], (m + a)[:700])
