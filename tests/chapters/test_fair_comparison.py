"""Chapter 11's comparisons and their price, on numbers whose answer is known."""

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from fma.chapters.fair_comparison import Comparison, nested_kept, seeds_for, shared_kept
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
