"""The stream map against NumPy's own stream."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fma
from fma.stream import dense, draw_numbers, stream_map

layers = st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=3), min_size=1, max_size=4)
few = settings(max_examples=60, deadline=None)


def drawn(shapes, seed, kind):
    """The layers as NumPy draws them, one call a layer."""
    random = np.random.RandomState(seed)
    draw = random.standard_normal if kind == "normal" else random.uniform
    return [draw(size=shape) for shape in shapes]


@few
@given(layers, layers, st.integers(0, 2**32 - 1), st.sampled_from(["normal", "uniform"]))
def test_equal_draws_and_no_others_are_equal_numbers(shapes_a, shapes_b, seed, kind):
    found = stream_map(shapes_a, shapes_b, seed, kind)
    values_a, values_b = drawn(shapes_a, seed, kind), drawn(shapes_b, seed, kind)
    for mine, numpys in zip(found.values_a + found.values_b, values_a + values_b, strict=True):
        assert np.array_equal(mine, numpys)
    for layer, a, b in zip(found.layers, values_a, values_b, strict=False):
        shared = layer.index_b >= 0
        assert np.array_equal(a[shared], b.flat[layer.index_b[shared]])
        assert not np.isin(a[~shared], b).any()
        flat = np.flatnonzero(shared)
        assert np.all(layer.index_b.flat[flat] - flat == layer.shift)
        for place in np.argwhere(layer.same):
            assert a[tuple(place)] == b[tuple(place)]
        if a.ndim == b.ndim:
            common = tuple(slice(min(sizes)) for sizes in zip(a.shape, b.shape, strict=True))
            assert np.count_nonzero(a[common] == b[common]) == np.count_nonzero(layer.same)
    for i, a in enumerate(values_a):
        for j, b in enumerate(values_b):
            assert found.overlap[i, j] == np.isin(a, b).sum()
        assert found.overlap[i].sum() == a.size
    assert [found.overlap[:, j].sum() for j in range(len(values_b))] == [b.size for b in values_b]


@few
@given(layers, layers)
def test_columns_are_shared_as_the_map_says(shapes_a, shapes_b):
    found = stream_map(shapes_a, shapes_b, 1)
    for layer, a, b in zip(found.layers, found.values_a, found.values_b, strict=False):
        a, b = a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1])
        rows = min(len(a), len(b))
        for c, column in enumerate(a.T):
            whole = [d for d in range(b.shape[1]) if np.array_equal(column[:rows], b[:rows, d])]
            assert layer.intact[c] == bool(whole)
            if layer.column_b[c] >= 0:
                move, other = layer.row_move[c], b[:, layer.column_b[c]]
                overlap = range(max(0, -move), min(rows, len(b) - move))
                assert all(column[r] == other[r + move] for r in overlap)
                assert not whole or (whole == [layer.column_b[c]] and move == 0)


@pytest.mark.parametrize("init", ["he", "uniform"])
@pytest.mark.parametrize("seed", [0, 1, 7, 2**32 - 1])
def test_63_and_64_as_weights(seed, init):
    a, b = fma.initialise(63, seed, init), fma.initialise(64, seed, init)
    W1, W2, W3 = stream_map(dense([2, 63, 64, 1]), dense([2, 64, 64, 1])).layers
    assert (W2.draws_a.flat[0], W2.draws_b.flat[0]) == (126, 128)
    assert (W1.shared, W2.shared, W3.shared) == (126, 4030, 0)
    assert np.array_equal(W1.same, [[True] * 63, [False] * 63])
    assert np.array_equal(a.W1[0], b.W1[0, :63])
    assert not W1.intact.any()
    assert (W2.shift, np.count_nonzero(W2.same)) == (-2, 0)
    assert np.array_equal(W2.column_b, [62, 63, *range(62)])
    assert np.array_equal(np.flatnonzero(W2.intact), np.arange(2, 64))
    assert W2.factor == pytest.approx(np.sqrt(63 / 64))
    np.testing.assert_allclose(b.W2[:63, :62], W2.factor * a.W2[:, 2:], rtol=1e-15)
    np.testing.assert_allclose(b.W2[:62, 62:], W2.factor * a.W2[1:, :2], rtol=1e-15)
    assert not np.isin(a.W3 * 8, b.W3 * 8).any()


@pytest.mark.parametrize("width", [1, 2, 30, 63])
def test_draw_numbers_index_the_stream(width):
    shapes = dense([2, width, 64, 1])
    for init, gain in (("he", 2), ("uniform", 1)):
        stream = {
            "he": np.random.RandomState(9).randn(10_000),
            "uniform": np.random.RandomState(9).random_sample(10_000),
        }[init]
        matrices = fma.initialise(width, 9, init)[::2]
        for W, numbers in zip(matrices, draw_numbers(shapes), strict=True):
            np.testing.assert_allclose(W, stream[numbers] * np.sqrt(gain / len(W)), rtol=1e-15)


def test_the_summary_says_what_is_shared():
    text = str(stream_map(dense([2, 63, 64, 1]), dense([2, 64, 64, 1])))
    assert "62 of A's 64 columns are whole in B" in text
    assert "2 to 63 are 0 to 61" in text
    assert "2 more in B 1 row up: 0 to 1 are 62 to 63" in text
    assert "64 draws: A's W3, B's W2." in text


def test_a_network_shares_everything_with_itself():
    found = stream_map(dense([3, 5, 4, 2]), dense([3, 5, 4, 2]))
    for layer in found.layers:
        assert layer.same.all()
        assert layer.intact.all()
        assert layer.shift == 0
        assert layer.factor == 1
    assert np.array_equal(found.overlap, np.diag([15, 20, 8, 0]))


@pytest.mark.parametrize("bad", [[], [()], [(2, 0)], [(2, -3)], [(2.5, 3)], 5, "ab", [(True, 2)]])
def test_bad_shapes_are_refused_in_one_sentence(bad):
    for name, arguments in (("shapes_a", (bad, [(2, 3)])), ("shapes_b", ([(2, 3)], bad))):
        with pytest.raises(ValueError, match=rf"^{name} must be a list of shapes such as .*, got "):
            stream_map(*arguments)


@pytest.mark.parametrize("bad", [[3], [], [2, 0, 1], [2, "x"], [2, 1.5]])
def test_bad_layer_sizes_are_refused(bad):
    with pytest.raises(ValueError, match="layer size"):
        dense(bad)
