"""Complete runs: the plain reference, the article's printed table, regimes, divergence."""

import json
import os
import platform
import subprocess
import sys
import warnings
from dataclasses import replace
from importlib.util import find_spec
from math import floor
from pathlib import Path

import numpy as np
import pytest
import reference
from threadpoolctl import threadpool_info

import fma
from fma.network import Parameters
from fma.recipe import RECIPES
from fma.training import descent, gradient_of

WIDTHS = (63, 64, 65, 80, 96, 105, 110, 128)

# What the article prints at seed 1: final cost, regime, Z2_max and the norm of dW2 at epoch 100.
PRINTED = {
    63: (137, "plateau", 8.7, 9.7),
    64: (145, "converge", 47.3, 37.5),
    65: (137, "plateau", 9.5, 10.4),
    80: (1346, "dead", -0.5, 19.0),
    96: (1271, "dead", -1.3, 20.7),
    105: (1360, "dead", -1.5, 5.5),
    110: (135, "converge", 14.0, 4.2),
    128: (138, "converge", 24.5, 30.6),
}
CUT_NOT_ROUNDED = (96, 105)


def assert_same(trace, curves, weights):
    for name, expected in curves.items():
        scale = 1e-9 * np.abs(expected).max()
        np.testing.assert_allclose(getattr(trace, name), expected, 1e-9, scale, err_msg=name)
    for p, w in zip(trace.parameters, weights, strict=True):
        np.testing.assert_allclose(p, w, 1e-9, 1e-9 * np.abs(w).max())


@pytest.mark.parametrize("recipe", fma.RECIPES)
@pytest.mark.parametrize("width", [1, 2, 3, *WIDTHS])
def test_equals_the_reference_at_every_epoch(recipe, width):
    init, rate = fma.RECIPES[recipe].init, fma.RECIPES[recipe].learning_rate
    start = reference.initialise(width, 1, init)
    curves, weights = reference.train(start, *reference.task(), rate, 150)
    assert_same(fma.train(width, 1, recipe, epochs=150, detail=0), curves, weights)


@pytest.mark.skipif(find_spec("numba") is None, reason="Numba is not installed")
@pytest.mark.parametrize(("width", "rate"), [(64, 1e-4), (80, 1e-4), (20, 1e-2)])
def test_the_compiled_descent_is_the_plain_one(width, rate):
    """Alive, dead and diverged: the same parameters to the last bit."""
    starts = [fma.initialise(width, 1, "uniform") for _ in range(2)]
    one, two = (gradient_of(p, fma.product_task(), RECIPES["table"]) for p in starts)
    with np.errstate(over="ignore", invalid="ignore"):
        plain, compiled = descent(one, starts[0], rate, 150), two.descend(rate, 150)
    for ours, theirs in zip(*starts, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert [(c, z, n) for c, z, _, n in plain] == [(c, z, n) for c, z, _, n in compiled]
    np.testing.assert_allclose([r[2] for r in compiled], [r[2] for r in plain], 1e-13)


def test_where_numba_is_missing_the_plain_equations_train(monkeypatch):
    compiled = fma.train(20, 1, "text", epochs=60, detail=0)
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setitem(sys.modules, "fma.folding", None)  # importing it fails
    plain = fma.train(20, 1, "text", epochs=60, detail=0)
    curves = {name: getattr(plain, name) for name in ("cost", "z2_max", "gradient_norm", "alive")}
    assert_same(compiled, curves, plain.parameters)


SENTENCE = "Numba needs NumPy 2.3 or less. Got NumPy 2.4."


@pytest.fixture
def broken_numba(monkeypatch, tmp_path):
    """A folder to import from, in which Numba is as after an upgrade of NumPy."""
    (tmp_path / "numba.py").write_text(f"raise ImportError({SENTENCE!r})")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path(fma.__file__).parents[1]}")
    return tmp_path


@pytest.mark.parametrize("activation", ["leaky_relu", "gelu"])
def test_where_numba_is_broken_the_plain_equations_train(broken_numba, activation):
    words = ["train", "--width", "8", "--epochs", "3", "--activation", activation, "--json"]
    command = [sys.executable, "-m", "fma", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    recipe = replace(RECIPES["table"], epochs=3, activation=activation)
    cost = fma.train(8, 1, recipe, detail=0).cost[-1]
    assert json.loads(done.stdout)["final_cost"] == round(cost, 1)
    lines = done.stderr.split("\n")
    assert lines[0] == f"Numba does not run, so the plain equations train: {SENTENCE}"
    assert "Numba" not in "".join(lines[1:])


def test_where_numba_is_broken_small_networks_train_by_the_plain_equations(broken_numba):
    code = """import numpy as np; import fma; from fma.small import Small, flattened, train_small
parts = map(np.asarray, flattened(fma.initialise(8, 1, "uniform")))
start = Small(*(part[np.newaxis] for part in parts))
for _ in range(2):
    found = train_small(start, np.array([1e-4]), np.array([0.01]), epochs=5)
print(found.cost[0])"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert 100 < float(done.stdout) < 2_000
    assert done.stderr.count(f"Numba does not run, so the plain equations train: {SENTENCE}") == 1


@pytest.mark.parametrize("hidden", [1, 7, 130])
@pytest.mark.parametrize("slope", [0, 0.2, 1])
def test_other_shapes_slopes_and_task_equal_the_reference(hidden, slope):
    recipe = fma.Recipe("he", 1e-5, 60, slope, hidden)
    start = reference.initialise(10, 7, "he", hidden)
    curves, weights = reference.train(start, *reference.task(np.add), 1e-5, 60, slope)
    assert_same(fma.train(10, 7, recipe, fma.sum_task()), curves, weights)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_printed_table_digit_for_digit(width):
    trace = fma.train(width, 1, "table", detail=0)
    cost, regime, z2_max, dw2_norm = PRINTED[width]
    shown = floor if width in CUT_NOT_ROUNDED else round
    assert shown(trace.cost[-1]) == cost
    assert fma.regime(trace) == regime
    assert f"{trace.z2_max[100]:.1f}" == f"{z2_max:.1f}"
    assert f"{trace.gradient_norm[100, 1]:.1f}" == f"{dw2_norm:.1f}"


@pytest.mark.parametrize("kernel", ["Nehalem", "Haswell"])
def test_the_printed_table_with_the_matrix_products_of_another_processor(kernel):
    here = [lib["architecture"] for lib in threadpool_info() if lib.get("architecture")]
    if platform.machine() != "x86_64" or not here or kernel in here:
        pytest.skip(f"needs an OpenBLAS for x86_64 that can be told to use {kernel}")
    code = (
        "from threadpoolctl import threadpool_info as info; import sys, pytest, numpy;"
        f"assert {kernel!r} in [lib.get('architecture') for lib in info()];"
        "sys.exit(pytest.main(['-q', '-o', 'addopts=', *sys.argv[1:]]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "--noconftest", __file__, "-k", "digit_for_digit"],
        env=os.environ | {"OPENBLAS_CORETYPE": kernel, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


# Cost after the last update, as the second listing prints it for its first three seeds.
LISTED = {1: (4.49, 6.38), 2: (5.34, 7.13), 3: (7.02, 4.54)}


@pytest.mark.parametrize("width", [63, 64])
def test_the_second_listing_to_the_digit(width):
    trace = fma.train(width, 1, "long", detail=0)
    assert f"{trace.final_cost:.2f}" == f"{LISTED[1][width - 63]:.2f}"
    assert f"{trace.cost[-1]:.2f}" != f"{trace.final_cost:.2f}"


@pytest.mark.parametrize("seed", LISTED)
@pytest.mark.parametrize("width", [63, 64])
def test_the_final_cost_is_the_second_listings(width, seed):
    trace = fma.train(width, seed, "long", epochs=300, detail=0)
    assert trace.final_cost == pytest.approx(reference.second_listing(width, seed, 300), rel=1e-9)
    assert trace.final_cost != trace.cost[-1]


@pytest.mark.parametrize("activation", ["leaky_relu", "tanh"])
def test_the_final_cost_is_the_next_epochs_first_record(activation):
    recipe = fma.Recipe("he", 1e-4, 12, activation=activation)
    trace = fma.train(9, 1, recipe, detail=0)
    again = fma.train(9, 1, recipe, parameters=trace.parameters, detail=0)
    assert trace.final_cost == again.cost[0]


def test_the_phase_transition_of_width_64():
    cost = fma.train(64, 1, "table", detail=0).cost
    assert np.all(np.abs(cost[10:70] - 1430) < 30)
    assert (round(cost[80]), round(cost[100])) == (1252, 151)


@pytest.mark.parametrize("recipe", ["text", "script"])
def test_the_stated_recipes_give_no_dead_width(recipe):
    for width in WIDTHS:
        trace = fma.train(width, 1, recipe, detail=0)
        assert trace.cost[-1] < 150
        assert fma.regime(trace) == "plateau"


@pytest.mark.parametrize("init", ["he", "uniform"])
@pytest.mark.parametrize("activation", ["leaky_relu", "tanh", "silu", "gelu"])
@pytest.mark.parametrize("rate", [0.01, 1.0, 1e300])
def test_a_diverged_run_stops_cleanly(init, activation, rate):
    recipe = fma.Recipe(init, rate, 100, activation=activation)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace = fma.train(8, 1, recipe, detail=0)
    if activation == "leaky_relu" or rate > 1:
        assert fma.regime(trace) == "diverged"
    diverged = fma.regime(trace) == "diverged"
    assert (trace.cost[-1] == np.inf) == diverged
    assert (len(trace.cost) < 100) == diverged
    assert (trace.final_cost == np.inf) == diverged
    assert np.isfinite(trace.cost[:-1]).all()
    assert (
        len({len(trace.cost), len(trace.z2_max), len(trace.gradient_norm), len(trace.alive)}) == 1
    )


def test_regime_is_a_rule_on_the_last_epoch():
    trace = fma.train(4, 1, "table", epochs=2)
    expected = {0: "dead", 1: "converge", 31: "converge", 32: "plateau", 64: "plateau"}
    for alive, name in expected.items():
        assert fma.regime(replace(trace, alive=np.array([64 - alive, alive]))) == name
    assert fma.regime(replace(trace, cost=np.array([1.0, np.inf]))) == "diverged"


def test_detail_holds_every_variable_before_the_update():
    trace = fma.train(63, 1, "table", epochs=12, detail=5)
    assert trace.detail["epoch"].tolist() == [0, 5, 10]
    start = fma.initialise(63, 1, "uniform")
    matrices = ["Z1", "A1", "Z2", "A2", "Z3", "W1", "b1", "W2", "b2", "W3", "b3", "error"]
    for name in matrices:
        for statistic in ("max", "min", "mean", "std"):
            assert trace.detail[f"{name}_{statistic}"].shape == (3,)
    assert trace.detail["W2_std"][0] == start.W2.std()
    assert trace.detail["neuron_top"].shape == (3, 64)
    np.testing.assert_allclose(trace.detail["Z2_max"], trace.z2_max[::5], rtol=1e-12)
    np.testing.assert_allclose(
        trace.detail["neuron_output"].sum(axis=1) + trace.detail["b3_mean"],
        trace.detail["Z3_mean"],
        rtol=1e-12,
    )
    assert fma.train(63, 1, "table", epochs=12, detail=0).detail == {}


def test_watching_sees_every_record_and_can_end_the_run():
    seen = []

    def watch(*record):
        seen.append(record)
        return len(seen) == 4

    trace = fma.train(5, 1, "table", detail=0, watch=watch)
    assert seen == list(zip(range(4), trace.cost, trace.alive, strict=True))
    assert trace.cost.shape == (4,)


def test_training_continues_from_given_parameters_and_leaves_them_alone():
    start = fma.initialise(6, 1, "he")
    before = Parameters(*(p.copy() for p in start))
    first = fma.train(6, 1, "long", epochs=30, parameters=start)
    second = fma.train(6, 1, "long", epochs=20, parameters=first.parameters)
    whole = fma.train(6, 1, "long", epochs=50)
    assert all(np.array_equal(p, q) for p, q in zip(start, before, strict=True))
    assert np.array_equal(np.concatenate([first.cost, second.cost]), whole.cost)


def test_the_global_generator_is_neither_used_nor_moved():
    first = fma.train(6, 1, "table", epochs=5).cost
    before = np.random.get_state()
    np.random.random_sample()
    moved = np.random.get_state()
    assert np.array_equal(fma.train(6, 1, "table", epochs=5).cost, first)
    after = np.random.get_state()
    assert after[2] == moved[2] != before[2]
    assert np.array_equal(after[1], moved[1])
