"""Chapter 1: its gradient check notices a wrong gradient, its tables count."""

import numpy as np
import pytest

import fma
from fma.chapters import article, setup
from fma.folding import FoldedGradient
from fma.notebook import vary


def test_the_gradient_is_met_and_a_wrong_one_is_noticed(monkeypatch):
    task, start = fma.product_task(), fma.initialise(64, 1, "uniform")
    errors = setup.gradient_errors(start, task)
    assert list(errors) == list(start._fields)
    assert max(errors.values()) < 1e-5
    right = FoldedGradient.__call__

    def wrong(self):
        cost, gradient, tops = right(self)
        return cost, gradient._replace(W2=1.001 * gradient.W2), tops

    monkeypatch.setattr(FoldedGradient, "__call__", wrong)
    errors = setup.gradient_errors(start, task)
    assert errors["W2"] > 1e-5
    assert errors["W1"] < 1e-5


def test_parameters_are_counted():
    rows = setup.parameter_rows(fma.initialise(63, 1, "uniform"))
    assert rows[2] == ["W2", "63 × 64", "4,032", "4,032"]
    assert rows[3] == ["b2", "64", "64", "0"]


def test_costs_stand_beside_the_printed_ones():
    traces = {"table": [fma.train(w, 1, vary("table", epochs=3)) for w in (63, 70)]}
    rows = setup.cost_rows(traces)
    assert [row[0] for row in rows] == ["63", "70"]
    assert [row[2] for row in rows] == ["137", "–"]
    assert setup.costs_met(traces, article.SEED) == ({"table": 0}, 1)
    assert setup.costs_met(traces, 2) == ({"table": 0}, 0)


@pytest.mark.parametrize("recipe", ["table", "text"])
def test_recipes_are_told(recipe):
    row = setup.recipe_rows({recipe: fma.RECIPES[recipe]})[0]
    assert np.isclose(float(row[2]), fma.RECIPES[recipe].learning_rate)
