"""The search's candidates and its score."""

import numpy as np
import pytest

import fma
from fma.chapters import article
from fma.chapters.which_recipe import (
    DRAWS,
    ORDERS,
    SCALES,
    Candidate,
    candidates,
    matches,
    start,
    try_candidate,
)

TABLE = Candidate("U[0, 1)", "√(1/in)", "W1 W2 W3", 1e-4)


@pytest.mark.parametrize(
    ("draw", "scale", "init"), [("U[0, 1)", "√(1/in)", "uniform"), ("normal", "√(2/in)", "he")]
)
def test_plain_order_is_the_library_s_own_initialisation(draw, scale, init):
    ours, theirs = start(Candidate(draw, scale, "W1 W2 W3", 1e-4), 9), fma.initialise(9, 1, init)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-15)


def test_orders_and_transposes():
    numbers = np.random.RandomState(1).random_sample(2 * 3 + 3 * 64 + 64)
    transposed = start(Candidate("U[0, 1)", "1", "W1 W2 W3, transposed", 1e-4), 3)
    np.testing.assert_array_equal(transposed.W1.T.ravel(), numbers[:6])
    np.testing.assert_array_equal(transposed.W2.T.ravel(), numbers[6 : 6 + 192])
    last_first = start(Candidate("U[0, 1)", "1", "W3 W2 W1", 1e-4), 3)
    np.testing.assert_array_equal(last_first.W3.ravel(), numbers[:64])
    np.testing.assert_array_equal(last_first.W1.ravel(), numbers[-6:])


def test_every_combination_once():
    cases = candidates()
    steps = {case.step for case in cases}
    assert len(set(cases)) == len(cases) == len(DRAWS) * len(SCALES) * len(ORDERS) * len(steps)
    assert TABLE in cases


def test_the_table_s_own_recipe_meets_every_printed_entry():
    assert try_candidate(TABLE) == {
        "mean": 4 * len(article.TABLE),
        "half mean": 16,
        "mean, half gradient": 24,
        "widths": len(article.TABLE),
    }


def test_a_candidate_without_a_number_is_given_up_after_two_widths():
    result = try_candidate(Candidate("U[0, 1)", "√(1/in)", "W1 W2 W3", 1e-6))
    assert result["widths"] == 2
    assert result["mean"] <= 1


def test_matches():
    printed = article.TABLE[96]
    assert matches((1271.7, "dead", -1.3, 20.7), printed) == [True] * 4  # cut
    assert matches((1270.6, "dead", -1.26, 20.749), printed) == [True] * 4  # rounded
    assert matches((1270.4, "plateau", -1.46, 20.81), printed) == [False] * 4
    assert matches((np.inf, "diverged", np.nan, np.nan), printed) == [False] * 4
