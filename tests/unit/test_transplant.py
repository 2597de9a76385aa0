"""Grafts, nested networks and the one-neuron shadow."""

from dataclasses import replace

import numpy as np
import pytest

import fma
from fma.network import INITS, Parameters, forward, shapes
from fma.probe import Probe, start
from fma.transplant import BLOCKS, flatten, nested, shadow, transplant, with_sums

TABLE = fma.RECIPES["table"]


def random_parameters(width, hidden, seed):
    random = np.random.RandomState(seed)
    return Parameters(*(random.randn(*shape) for shape in shapes(width, hidden)))


@pytest.mark.parametrize(("receiver", "donor"), [(7, 5), (5, 7), (6, 6)])
@pytest.mark.parametrize("rescale", [True, False])
def test_blocks_travel_and_the_rest_stays(receiver, donor, rescale):
    ours, theirs = random_parameters(receiver, 4, 1), random_parameters(donor, 4, 2)
    before = Parameters(*(p.copy() for p in ours))
    k, factor = min(receiver, donor), np.sqrt(donor / receiver) if rescale else 1
    whole = transplant(ours, theirs, BLOCKS, rescale)
    np.testing.assert_array_equal(whole.W1[:, :k], theirs.W1[:, :k])
    np.testing.assert_array_equal(whole.W2[:k], factor * theirs.W2[:k])
    np.testing.assert_array_equal(whole.W3, theirs.W3)
    np.testing.assert_array_equal(whole.W1[:, k:], ours.W1[:, k:])
    np.testing.assert_array_equal(whole.W2[k:], ours.W2[k:])
    for block in BLOCKS:
        one = transplant(ours, theirs, [block], rescale)
        layer = 2 * BLOCKS.index(block)
        for i, (new, old, all_three) in enumerate(zip(one, before, whole, strict=True)):
            expected = all_three if i in (layer, layer + 1) else old
            np.testing.assert_array_equal(new, expected)
    for now, then in zip(ours, before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_no_block_changes_nothing_and_all_of_a_twin_is_the_twin():
    ours, theirs = random_parameters(5, 3, 1), random_parameters(5, 3, 2)
    for got, expected in (
        (transplant(ours, theirs, ()), ours),
        (transplant(ours, theirs, BLOCKS), theirs),
    ):
        for p, q in zip(got, expected, strict=True):
            np.testing.assert_array_equal(p, q)


def test_transplant_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"donor must have 4 neurons in layer 2, got 3"):
        transplant(random_parameters(5, 4, 1), random_parameters(5, 3, 1), ["W1"])
    with pytest.raises(ValueError, match="blocks must be one of w1, w2, w3, got 'W4'"):
        transplant(random_parameters(5, 4, 1), random_parameters(5, 4, 1), ["W4"])


@pytest.mark.parametrize("init", INITS)
def test_a_nested_network_is_the_wider_one_without_its_last_neuron(init):
    small, large = nested(9, 4, init, 5), nested(10, 4, init, 5)
    scale = {"glorot": np.sqrt(15 / 14)}.get(init, np.sqrt(10 / 9))
    first = {"glorot": np.sqrt(12 / 11)}.get(init, 1)
    np.testing.assert_allclose(small.W1, first * large.W1[:, :9], rtol=1e-14)
    np.testing.assert_allclose(small.W2, scale * large.W2[:9], rtol=1e-14)
    np.testing.assert_array_equal(small.W3, large.W3)
    assert tuple(map(np.shape, small)) == shapes(9, 5)


def test_nested_layers_are_drawn_from_the_law_of_initialise():
    drawn = nested(2000, 1, "uniform", 20)
    for matrix in (drawn.W1, drawn.W2, drawn.W3):
        scaled = np.ravel(matrix) * np.sqrt(len(matrix))
        assert scaled.min() >= 0
        assert scaled.max() < 1
        assert scaled.mean() == pytest.approx(0.5, abs=3.5 * np.sqrt(1 / 12 / scaled.size))
    assert abs(np.corrcoef(drawn.W1)[0, 1]) < 0.08
    assert not np.array_equal(nested(5, 1, "he", 3).W3, nested(5, 2, "he", 3).W3)


def test_alike_neurons_move_as_their_shadow():
    """The theorem behind the shadow: same output, same training, to rounding."""
    width, hidden, weights = 12, 7, (0.5, 0.4, 0.03, -0.2)
    alike = Parameters(
        *(np.outer(weights[:2], np.ones(width)), np.full(width, 0.1)),
        *(np.full((width, hidden), weights[2]), np.full(hidden, 0.3)),
        *(np.full((hidden, 1), weights[3]), np.array([0.7])),
    )
    task, act = fma.product_task(), fma.network.ACTIVATIONS["leaky_relu"](0.01)
    np.testing.assert_allclose(
        forward(shadow(alike), task.x_train, act)[-1], forward(alike, task.x_train, act)[-1]
    )
    recipe = replace(TABLE, hidden=hidden, epochs=40)
    full = fma.train(width, 0, recipe, parameters=alike)
    one = fma.train(1, 0, replace(recipe, hidden=1), parameters=shadow(alike))
    np.testing.assert_allclose(one.cost, full.cost, rtol=1e-9)
    np.testing.assert_allclose(one.gradient_norm, full.gradient_norm, rtol=1e-6)
    assert full.cost[-1] < 0.9 * full.cost[0]


def test_one_layer_of_alike_neurons_moves_as_one_neuron_and_the_other_stays_as_drawn():
    """Alike neurons in layer 2 only: W1 may be anything, and the same for layer 1."""
    recipe = replace(TABLE, hidden=7, epochs=40)
    drawn = random_parameters(12, 7, 3)
    second = drawn._replace(
        W1=np.abs(drawn.W1),
        W2=np.outer(np.abs(drawn.W2[:, 0]), np.ones(7)) / 10,
        b2=np.full(7, 0.2),
        W3=np.full((7, 1), 0.3),
    )
    first = drawn._replace(
        W1=np.outer((0.5, 0.4), np.ones(12)),
        b1=np.full(12, 0.1),
        W2=np.outer(np.ones(12), np.abs(drawn.W2[0])) / 10,
        W3=np.abs(drawn.W3) / 5,
    )
    for alike, layers in ((second, (2,)), (first, (1,))):
        small = shadow(alike, layers)
        shape = 1 if 1 in layers else 12, 1 if 2 in layers else 7
        assert small.W2.shape == shape
        full = fma.train(12, 0, recipe, parameters=alike)
        one = fma.train(shape[0], 0, replace(recipe, hidden=shape[1]), parameters=small)
        np.testing.assert_allclose(one.cost, full.cost, rtol=1e-9)
        assert full.cost[-1] < 0.9 * full.cost[0]
    assert shadow(drawn, ()) is not drawn
    np.testing.assert_array_equal(shadow(drawn, ()).W2, drawn.W2)
    with pytest.raises(ValueError, match="layers must be one of 1, 2, got '3'"):
        shadow(drawn, (3,))


def test_scaled_layers_add_up_to_the_others():
    ours, theirs = (fma.initialise(20, seed, "uniform") for seed in (1, 2))
    one = with_sums(ours, theirs, ["W1", "W2"])
    for name in ("W1", "W2"):
        made, own = getattr(one, name), getattr(ours, name)
        assert made.sum() == pytest.approx(getattr(theirs, name).sum())
        assert np.ptp(made / own) < 1e-12
    for name in ("b1", "b2", "W3", "b3"):
        np.testing.assert_array_equal(getattr(one, name), getattr(ours, name))
    with pytest.raises(ValueError, match="blocks"):
        with_sums(ours, theirs, ["W4"])
    case = Probe(20, 2, TABLE, donor=(20, 1), blocks=("W1", "W2", "W3"), sums=("W1", "W2"))
    for made, expected in zip(start(case), one, strict=True):
        np.testing.assert_array_equal(made, expected)


def test_flattening_keeps_a_layers_sum_and_erases_the_rest():
    drawn = random_parameters(5, 3, 1)
    flat = flatten(drawn, ["w2"])
    assert np.ptp(flat.W2) == 0
    assert flat.W2.sum() == pytest.approx(drawn.W2.sum())
    for name in ("W1", "b1", "b2", "W3", "b3"):
        np.testing.assert_array_equal(getattr(flat, name), getattr(drawn, name))
    assert all(np.ptp(p) == 0 for p in flatten(drawn, BLOCKS)[::2])
    np.testing.assert_array_equal(flatten(drawn, ()).W2, drawn.W2)
    with pytest.raises(ValueError, match="blocks must be one of"):
        flatten(drawn, ["W4"])
