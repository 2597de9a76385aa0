"""The small network against the library's trainer on the network with one layer-2 neuron."""

from dataclasses import replace

import numpy as np
import pytest

import fma
from fma import window
from fma.small import Small, descend_small, flattened, train_small
from fma.transplant import shadow

RECIPE = replace(fma.RECIPES["table"], hidden=1)


def starts(width, seed, count):
    parts = map(np.asarray, flattened(fma.initialise(width, seed, "uniform")))
    return Small(*(np.repeat(part[np.newaxis], count, axis=0) for part in parts))


@pytest.mark.parametrize("width", [5, 24, 64])
def test_it_is_the_library_s_network(width):
    rates, slopes = np.array([5e-5, 9e-5, 1.5e-4]), np.array([0.01, 0.3, 0.01])
    ending = train_small(starts(width, 3, 3), rates, slopes, epochs=40)
    start = shadow(fma.initialise(width, 3, "uniform"), layers=(2,))
    for i, (rate, slope) in enumerate(zip(rates, slopes, strict=True)):
        recipe = replace(RECIPE, learning_rate=rate, slope=slope, epochs=40)
        trace = fma.train(width, 3, recipe, parameters=start, detail=0)
        assert ending.cost[i] == pytest.approx(trace.cost[-1], rel=1e-6)
        np.testing.assert_allclose(ending.tops[i], trace.z2_max, rtol=1e-5, atol=1e-6)


def test_a_run_that_diverges_is_said_to():
    rates = np.array([1e-4, 1e-2])
    ending = train_small(starts(24, 1, 2), rates, np.full(2, 0.01))
    assert np.isfinite(ending.cost).tolist() == [True, False]


def test_a_run_does_not_depend_on_its_company():
    count = 5
    rates, slopes = np.linspace(1.7e-4, 2e-4, count), np.full(count, 0.01)
    together = train_small(starts(24, 1, count), rates, slopes, epochs=30)
    for i in (0, 2, count - 1):
        alone = train_small(starts(24, 1, 1), rates[i : i + 1], slopes[:1], epochs=30)
        assert alone.cost[0] == together.cost[i]


@pytest.mark.parametrize("axis", ["slope", "size", "way"])
def test_compiled_and_plain_runs_agree_to_the_last_bit(axis, monkeypatch):
    random = np.random.default_rng(1)
    values, rates = random.uniform(0.01, 1.5, 24), random.uniform(8e-5, 6e-4, 24)
    start, slopes = window._small_starts(axis, 64, 1, 2, values)
    compiled = train_small(start, rates, slopes)
    monkeypatch.setattr("fma.small.find_spec", lambda name: None)
    plain = train_small(start, rates, slopes)
    for name, found in compiled._asdict().items():
        np.testing.assert_array_equal(found, getattr(plain, name), name)
    assert 0 < np.isfinite(plain.cost).sum() < len(rates)


@pytest.mark.parametrize("rows", [5, 130, 300])
def test_compiled_and_plain_runs_add_any_number_of_rows_alike(rows):
    from fma.small_compiled import descend

    random = np.random.default_rng(rows)
    data = tuple(random.uniform(1, 10, (3, rows)))
    start = [part[0] for part in starts(24, 2, 1)]
    for mine, its in zip(
        descend_small(*start, 1e-4, 0.01, 30, data),
        descend(*start, 1e-4, 0.01, 30, data),
        strict=True,
    ):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize(
    ("argument", "message"),
    [(("tiny", "slope"), "network must be"), (("small", "depth"), "axis must be")],
)
def test_what_is_no_pixel_is_refused(argument, message):
    with pytest.raises(ValueError, match=message):
        window.pixel(*argument, 1e-4, 0.01)


def test_a_whole_way_is_the_other_seed():
    there = window.pixel("full", "way", 1e-4, 1.0, width=8, seed=1, other=5)
    assert there == window.pixel("full", "slope", 1e-4, 0.01, width=8, seed=5)
