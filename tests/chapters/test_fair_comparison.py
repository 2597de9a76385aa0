"""Chapter 11's comparisons and their price, on numbers whose answer is known."""

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from fma.chapters import fair_comparison
from fma.chapters.fair_comparison import (
    CALM,
    Comparison,
    comparisons,
    nested_kept,
    seeds_for,
    shared_kept,
)
from fma.chapters.seed_test import bumps


def shares(first, second, n=400):
    return Comparison(
        "by hand", (1, 2), np.array([np.arange(n) < first * n, np.arange(n) < second * n])
    )


def test_a_clear_difference_differs_and_equal_shares_are_alike():
    apart, alike = shares(0.3, 0.6), shares(0.5, 0.51)
    assert apart.differs
    assert not apart.alike
    assert apart.difference == pytest.approx(0.3)
    assert alike.alike
    assert not alike.differs


def test_few_runs_show_neither():
    few = shares(0.5, 0.6, n=20)
    assert not few.differs
    assert not few.alike


@pytest.mark.parametrize("effect", [0.05, 0.2, 0.5, 1.0])
def test_seeds_are_the_fewest_with_the_power(effect):
    n = seeds_for(effect, 1.0)
    power = [TTestPower().power(effect, m, 0.05) for m in (n - 1, n)]
    assert power[0] < 0.8 <= power[1]


@pytest.mark.parametrize("n", [5, 20, 80])
def test_what_so_many_seeds_find_takes_so_many(n):
    assert seeds_for(1.001 * fair_comparison.found_by(n, 2.0), 2.0) == n
    assert seeds_for(0.999 * fair_comparison.found_by(n, 2.0), 2.0) == n + 1


def test_a_huge_effect_takes_three_seeds():
    assert seeds_for(50.0, 1.0) == 3


def test_nested_networks_keep_every_neuron_and_shared_ones_none():
    assert nested_kept() == 63
    assert shared_kept() == 0


def test_a_bump_is_told_from_a_trend():
    random = np.random.RandomState(0)
    trend = np.arange(7.0)[:, np.newaxis] + 0.1 * random.randn(7, 12)
    assert bumps(trend)[1].min() > 0.05
    trend[3] += 1
    differences, p = bumps(trend)
    assert differences.mean(axis=1).argmax() == 2
    assert p[2] < 0.05
    assert differences[2].mean() == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize(("widths", "again"), [((63, 80), 0), ((16, 24), 1)])
def test_one_number_is_tried_again_at_the_border_where_no_run_leaves(monkeypatch, widths, again):
    class Known:
        def border(self):
            return 3.65

    monkeypatch.setattr(fair_comparison, "border_study", lambda *a, **k: None)
    monkeypatch.setattr(fair_comparison, "fits", lambda study: (Known(), None, None))
    names = [each.name for each in comparisons("table", widths, 2, progress=False)]
    assert names[0] == "one learning rate"
    assert names[2:] == ["one η λ₀, 3.65"] * again
    assert (float(names[1].split()[-1]) < CALM) == bool(again)
