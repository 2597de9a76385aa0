"""Chapter 12: its statistics on data whose answer is known, its networks, the README's example."""

import re
from dataclasses import replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import fma
from benchmarks.frameworks import FRAMEWORKS, MODULES, row
from fma.chapters import your_network
from fma.chapters.sklearn_runs import REGRESSION, Fit, fit, initial, network, split
from fma.chapters.your_network import Cell, Study, dip, dips, framework_rows, frameworks, seeds_for

ROOT = Path(__file__).resolve().parents[2]


def cells(r, seeds=40, number=12, seed=0):
    """Cells whose two widths correlate by r, with scores that differ by 0.1 deviations."""
    random, made = np.random.default_rng(seed), []
    for i in range(number):
        a, b = random.standard_normal((2, seeds))
        pair = np.array([a, r * a + np.sqrt(1 - r**2) * b])
        made.append(Cell("iris", "adam", i, pair, 0.02 * pair))
    return tuple(made)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("data", ["iris", "diabetes"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_a_fit_is_scikit_learns_own(data, solver):
    """To the last bit, although `fit` takes the batches in a shorter way."""
    case = Fit(data, solver, 8, 1)
    x_train, x_test, y_train, y_test = split(data)
    model = network(case).fit(x_train, y_train)
    if data in REGRESSION:
        loss = np.mean((model.predict(x_test) - y_test) ** 2)
    else:
        loss = -np.mean(np.log(model.predict_proba(x_test)[np.arange(len(y_test)), y_test]))
    assert fit(case) == {"score": model.score(x_test, y_test), "loss": loss}


@pytest.mark.parametrize("r", [0.0, 0.5, 0.9])
def test_the_pooled_correlation_is_found_and_covered(r):
    study = Study(cells(r), cells(0.9, seed=1))
    middle, low, high = study.pooled("same")
    assert low - 0.02 < r < high + 0.02
    assert high - low < 0.25
    assert low < middle < high
    other = study.pooled("other")
    assert other[1] < 0.05
    assert other[2] > -0.12
    assert study.pooled("nested")[0] == pytest.approx(0.9, abs=0.05)


def test_an_interval_over_data_sets_is_students():
    some = [replace(c, data=name) for name, c in zip("aabbcc", cells(0.5, number=6), strict=True)]
    study = Study(tuple(some), ())
    means = study.correlations("same").reshape(3, 2).mean(axis=1)
    middle, low, high = study.by_data("same")
    assert middle == pytest.approx(study.pooled("same")[0])
    reach = 4.302652730 * means.std(ddof=1) / np.sqrt(3)  # of two degrees of freedom
    assert (low, high) == (pytest.approx(middle - reach), pytest.approx(middle + reach))


def test_a_pair_is_worth_as_many_unrelated_pairs_as_its_correlation_saves():
    assert int(Study((), cells(0.9, seeds=2000)).worth("nested").split()[0]) in (9, 10, 11)


def test_no_neuron_is_shared_as_the_library_draws():
    assert your_network.neurons_shared(["iris", "wine"], [3, 8]) == 0


def test_clear_cells_are_counted():
    assert Study(cells(0.9), cells(0.9)).clear("same") == 12
    assert Study(cells(0.0), cells(0.0)).clear("same") <= 2


def test_a_constant_score_has_no_correlation_and_is_left_out_of_the_mean():
    same = Cell("wine", "sgd", 8, np.ones((2, 10)), np.ones((2, 10)))
    study = Study((same, *cells(0.9)), (same,))
    assert np.isnan(study.correlations("same")[0])
    assert study.pooled("same")[0] == pytest.approx(0.9, abs=0.05)
    assert study.seeds("same", "wine") == [2]


def test_pairing_saves_seeds_only_if_the_widths_correlate():
    apart, tied = Study(cells(0.0), cells(0.95)), Study(cells(0.95), cells(0.95))
    assert np.median(apart.seeds("same", "iris")) > 5 * np.median(apart.seeds("nested", "iris"))
    assert np.median(tied.seeds("other", "iris")) > 5 * np.median(tied.seeds("same", "iris"))


def test_seeds_for_agrees_with_the_textbook():
    assert seeds_for(0.5) == 34  # Cohen 1988: n = 33.4 for d = 0.5, 80 % power, two-sided 5 %
    assert seeds_for(100) == 2


def test_misleading_pairs_are_counted():
    score = np.array([[0.9, 0.9, 0.9, 0.9], [0.9, 0.91, 0.88, 0.905]])
    study = Study((Cell("iris", "adam", 8, score, score),), ())
    assert study.misleads("same") == 0.5


def test_a_dip_is_seen_against_its_neighbours():
    scores = np.full((5, 10), 0.5)
    scores[2] = 0.3
    assert dip(scores, 3).mean == pytest.approx(-0.2)
    np.testing.assert_array_equal(dips(scores), [0, 10, 0])


@pytest.mark.parametrize("data", your_network.DATA)
def test_the_split_is_the_same_for_all_and_scaled_by_its_training_rows(data):
    x_train, x_test, y_train, y_test = split(data)
    np.testing.assert_array_equal(x_train, split(data)[0])
    assert len(x_train) == len(x_test) <= 400
    np.testing.assert_allclose(x_train.mean(axis=0), 0, atol=1e-12)
    if data in REGRESSION:
        assert y_train.mean() == pytest.approx(0, abs=1e-12)
    else:
        assert set(y_train) == set(y_test)


def test_initial_weights_are_those_that_training_starts_from():
    case = Fit("iris", "sgd", 5, 3)
    model = network(case).set_params(max_iter=1, learning_rate_init=1e-300, warm_start=True)
    x, _, y, _ = split("iris")
    with pytest.warns(match="converge"):
        model.fit(x, y)
    assert fma.shared(initial(case), model).share("same place") == 1


def test_nested_networks_share_every_neuron_and_the_order_of_the_rows():
    a, b = (network(Fit("wine", "adam", w, 3, nested=True)) for w in (8, 9))
    x, _, y, _ = split("wine")
    for model in (a, b):
        model.set_params(learning_rate_init=1e-300).partial_fit(x, y, classes=[0, 1, 2])
    assert fma.shared(a, b).share("same place") == 1
    np.testing.assert_array_equal(*(m._random_state.random_sample(5) for m in (a, b)))
    plain = [initial(Fit("wine", "adam", w, 3)) for w in (8, 9)]
    assert fma.shared(*plain).share("same place") < 0.1
    bound = np.sqrt(6 / (13 + 8))
    assert 0.9 * bound < np.abs(a.coefs_[0]).max() <= bound


def test_the_example_of_the_readme_runs_and_says_that_no_neuron_is_shared(capsys):
    section = (ROOT / "README.md").read_text("utf-8").split("## On your own network")[1]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    exec(code, {})
    page = capsys.readouterr().out
    assert "W1 (64, 63): 2% same place, 98% moved" in page
    assert "columns whole" not in page


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_framework_that_is_here_gives_its_row_again(name):
    packages, make = FRAMEWORKS[name]
    kept = frameworks()[name]
    for package in packages:
        if find_spec(MODULES.get(package, package)) is None:
            pytest.skip(f"{package} is not installed")
        if version(package) != kept["versions"][package]:
            pytest.skip(f"made with {package} {kept['versions'][package]}")
    found = row(packages, make)
    for layer, expected in zip(found["layers"], kept["layers"], strict=True):
        assert {k: layer[k] for k in ("same place", "moved", "whole", "factor")} == {
            k: expected[k] for k in ("same place", "moved", "whole", "factor")
        }


def test_every_framework_has_its_row():
    assert [row[0] for row in framework_rows(frameworks())] == list(FRAMEWORKS)
