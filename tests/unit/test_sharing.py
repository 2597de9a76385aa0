"""What two models share: against arrays whose answer is known, and against the stream map."""

import json
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import fma
from fma.sharing import arrays
from fma.stream import dense

FLOATS = [np.float64, np.float32]
OTHER = 2**32  # seeds from here on make no array that hypothesis makes
matrices = st.builds(
    lambda rows, columns, seed, dtype, normal: _matrix(rows, columns, seed, dtype, normal),
    st.integers(2, 40),
    st.integers(2, 40),
    st.integers(0, 2**32 - 1),
    st.sampled_from(FLOATS),
    st.booleans(),
)
factors = st.sampled_from([1.0, 0.992157, 0.5, 1.7, 13.0])


def _matrix(rows, columns, seed, dtype, normal=True):
    random = np.random.default_rng(seed)
    draw = random.standard_normal if normal else random.random
    return draw((rows, columns), dtype=dtype)


def only(a, b):
    """The one layer of two models of one array each."""
    (layer,) = fma.shared([a], [b]).layers
    return layer


@given(matrices, factors)
@settings(max_examples=60, deadline=None)
def test_the_same_is_at_the_same_place_whatever_the_factor(a, factor):
    assume(factor == 1 or min(a.shape) > 4)  # few draws have no neighbours but small ones
    layer = only(a, a * a.dtype.type(factor))
    assert layer.share("same place") == 1
    assert layer.factor == pytest.approx(factor, rel=1e-6)
    assert layer.intact("columns") == (a.shape[1], {0: a.shape[1]})
    assert layer.intact("rows") == (a.shape[0], {0: a.shape[0]})


@given(matrices, st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_independent_arrays_share_nothing(a, seed):
    b = _matrix(*a.shape, seed + OTHER, a.dtype.type)
    layer = only(a, b)
    assert layer.share("not at all") == 1
    assert layer.intact("columns") == (0, {})
    assert layer.chance < 0.01 * a.size


@given(matrices, st.integers(1, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_shuffled_entries_are_all_found(a, seed):
    assume(a.size > 8)  # a lone number of a tiny array may be taken for coincidence
    order = np.random.default_rng(seed).permutation(a.size)
    layer = only(a, a.ravel()[order].reshape(a.shape))
    assert layer.share("not at all") == 0
    same = np.mean(order == np.arange(a.size))
    assert layer.share("same place") >= same - 1e-12


@given(matrices, factors, st.integers(0, 2**32 - 1), st.sampled_from(["columns", "rows"]))
@settings(max_examples=80, deadline=None)
def test_shuffled_neurons_are_whole_and_known(a, factor, seed, axis):
    assume(factor == 1 or min(a.shape) > 4)
    order = np.random.default_rng(seed).permutation(a.shape[axis == "columns"])
    b = (a[:, order] if axis == "columns" else a[order]) * a.dtype.type(factor)
    layer = only(a, b)
    np.testing.assert_array_equal(getattr(layer, axis), np.argsort(order))
    assert layer.share("not at all") == 0
    assert layer.share("scattered") == 0


@given(matrices, st.integers(1, 30), factors)
@settings(max_examples=60, deadline=None)
def test_a_stream_that_starts_later_is_told_with_its_distance(a, later, factor):
    fill = _matrix(1, later, OTHER, a.dtype.type)[0]
    stream = np.concatenate([fill, a.ravel()])
    b = (stream[: a.size].reshape(a.shape)) * a.dtype.type(factor)
    kept = a.size - later
    assume(kept > 8)  # up to a factor, fewer than three are not found
    layer = only(a, b)
    assert layer.share("not at all") == pytest.approx(later / a.size)
    assert layer.shifts[later] == pytest.approx(kept, abs=1)


@given(matrices)
@settings(max_examples=40, deadline=None)
def test_a_wider_network_keeps_what_stands_in_front(a):
    b = np.hstack([a, _matrix(len(a), 1, OTHER, a.dtype.type)])
    assert only(a, b).share("same place") == 1
    assert only(a, b).intact("columns") == (a.shape[1], {0: a.shape[1]})
    b = np.hstack([_matrix(len(a), 1, OTHER, a.dtype.type), a])
    assert only(a, b).share("moved") == 1
    assert only(a, b).intact("columns") == (a.shape[1], {1: a.shape[1]})


@given(matrices, matrices)
@settings(max_examples=40, deadline=None)
def test_another_layer_is_named(a, other):
    result = fma.shared({"first": a}, {"first": other.astype(a.dtype) + 9, "second": a})
    (layer,) = result.layers
    assert layer.share("another layer") == 1
    assert layer.elsewhere == {"second": a.size}


@given(matrices)
@settings(max_examples=30, deadline=None)
def test_kinds_are_a_partition_and_the_answer_is_plain(a):
    result = fma.shared([a, np.zeros(7)], [a[::-1], np.zeros(7)])
    plain = json.loads(json.dumps(result.as_dict()))
    for layer, array in zip(plain["layers"], (a, np.zeros(7)), strict=True):
        assert sum(layer["kind"].values()) == array.size
    assert plain["layers"][1]["kind"]["constant"] == 7
    assert "constants only" in str(result)


@pytest.mark.parametrize("init", ["uniform", "he"])
def test_the_articles_networks_get_the_answer_of_the_stream_map(init):
    result = fma.shared(fma.initialise(63, 1, init), fma.initialise(64, 1, init))
    layers = {layer.name: layer for layer in result.layers}
    first, second, _ = fma.stream_map(dense([2, 63, 64, 1]), dense([2, 64, 64, 1])).layers
    W2 = layers["W2"]
    assert W2.intact("columns") == (62, {-2: 62}) == (int(second.intact.sum()), {-2: 62})
    np.testing.assert_array_equal(W2.columns >= 0, second.intact)
    assert W2.shifts == {second.shift: second.shared} == {-2: 4030}
    assert W2.factor == pytest.approx(second.factor, rel=1e-12)
    assert layers["W1"].share("same place") == np.mean(first.same) == 0.5
    assert layers["W1"].share("moved") == 0.5
    assert layers["W3"].elsewhere == {"W2": 64}
    assert layers["b1"].share("same place") == 0
    assert "62 of 64 columns whole in B: 62 2 columns back" in str(result)


@pytest.mark.parametrize("dtype", FLOATS)
def test_chance_is_weighed_in_large_arrays(dtype):
    a, b = (np.random.default_rng(s).random((600, 600), dtype=dtype) for s in (1, 2))
    layer = only(a, b)
    found = np.isin(a, b).sum()
    assert layer.share("not at all") == 1
    assert layer.chance == pytest.approx(found, rel=0.5, abs=1)
    assert (found > 1_000) == (dtype == np.float32)  # a third of a million floats do collide


def test_chance_makes_no_neuron_of_a_vector():
    a, b = (np.random.default_rng(s).random(60_000, dtype=np.float32) for s in (1, 2))
    assert np.isin(a, b).sum() > 100
    assert only(a, b).share("not at all") == 1
    assert only(a, a[::-1]).share("scattered") == pytest.approx(1, abs=0.01)


def test_half_shared_among_chance():
    a, b = (np.random.default_rng(s).random((600, 600), dtype=np.float32) for s in (1, 2))
    b[:, :300] = a[:, 300:]
    layer = only(a, b)
    assert layer.intact("columns") == (300, {-300: 300})
    assert layer.share("moved") == pytest.approx(0.5, abs=0.001)


def test_a_million_weights_take_about_a_second():
    a = np.random.default_rng(1).standard_normal((1000, 1000))
    begin = time.process_time()
    assert only(a, 1.1 * a).share("same place") == 1
    assert time.process_time() - begin < 5  # ten times faster where nothing else runs


class Tensor:
    """What PyTorch's tensors do."""

    def __init__(self, values):
        self.values = values

    def detach(self):
        return self

    def cpu(self):
        return self.values


def test_models_are_told_by_what_they_do():
    W, b = np.ones((2, 3)) * np.arange(3.0), np.arange(3.0)
    network = SimpleNamespace(coefs_=[W, W.T], intercepts_=[b, b[:2]])
    assert list(arrays(network)) == ["W1", "b1", "W2", "b2"]
    module = SimpleNamespace(state_dict=lambda: {"0.weight": Tensor(W), "n": np.array(3)})
    assert list(arrays(module)) == ["0.weight"]
    assert list(arrays(SimpleNamespace(get_weights=lambda: [W, b]))) == ["0", "1"]
    assert list(arrays({"params": {"dense": {"kernel": W, "bias": None}}})) == [
        "params.dense.kernel"
    ]
    assert list(arrays(fma.initialise(3, 1, "he"))) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert arrays([1.5])["0"].shape == (1,)


@pytest.mark.parametrize("bad", ["text", {}, [np.arange(3)], {"w": "text"}, object(), None])
def test_what_holds_no_floats_gets_one_sentence(bad):
    with pytest.raises(ValueError, match=r"^b must hold arrays of floats, got .*") as caught:
        fma.shared([np.ones(2)], bad)
    assert "\n" not in str(caught.value)


def test_layers_are_paired_by_name_and_else_by_order():
    a = np.random.default_rng(1).standard_normal((5, 4))
    assert fma.shared({"x": a}, {"y": a}).share("same place") == 1
    assert fma.shared({"x": a}, {"y": a, "z": a[:2]}).share("another layer") == 1
    assert fma.shared({"x": a}, {"z": a[:2], "x": a}).share("same place") == 1
