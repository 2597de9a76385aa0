"""C17: no width is special only if the seeds show it; made-up endings of nine widths."""

import numpy as np
import pytest

import fma
from fma.chapters import seed_test
from fma.chapters.ledger import FAILS, HOLDS, SIZES, UNTESTED, Setting
from fma.chapters.seed_test import SIXTIES, bump_intervals, changing, special, together

SETTING = Setting(fma.RECIPES["table"], sizes=SIZES["quick"], progress=False)


def drawn(shares, seeds, seed=0):
    """Endings on the plateau with these probabilities, a width a row."""
    return np.random.RandomState(seed).rand(len(SIXTIES), seeds) < np.reshape(shares, (-1, 1))


FALLING = np.linspace(0.75, 0.35, 9)
SPIKE = np.where(np.arange(9) == 4, 1.0, 0.2)


@pytest.fixture
def judge(monkeypatch):
    class Long:  # the article's own sweep, which takes too long for a test
        costs = np.random.RandomState(1).rand(9, 5) + 1

    monkeypatch.setattr(seed_test, "width_sweep", lambda *args, **more: Long)

    def of(plateau):
        monkeypatch.setattr(seed_test, "sixties", lambda *args, **more: plateau)
        return seed_test.no_special_width(SETTING)

    return of


def test_a_trend_is_no_special_width_a_spike_is_one(judge):
    assert judge(drawn(FALLING, 400)).verdict == HOLDS
    assert judge(drawn(SPIKE, 100)).verdict == FAILS


def test_few_seeds_do_not_show_that_no_width_is_special(judge):
    few = judge(drawn(FALLING, 20))
    assert few.verdict == UNTESTED
    assert few.numbers["smallest_p"] > 0.05  # by which the former rule let it hold
    assert "20 seeds the smallest was" in few.was
    assert HOLDS in few.was


def test_nothing_is_decided_if_no_seed_changes(judge):
    assert judge(np.ones((9, 50), dtype=bool)).verdict == UNTESTED


def test_the_intervals_hold_together():
    from scipy.stats import norm

    differences = np.random.RandomState(0).randn(7, 400)
    low, high = bump_intervals(differences).T
    usual = (high - low) / 2 / (differences.std(axis=1) / 20)
    assert usual == pytest.approx(norm.isf(0.025 / 7), rel=0.06)


def test_the_margin_counts_and_not_the_p_value_alone():
    small = np.tile([0.05, 0.15], 40) * np.ones((7, 1))  # surely not 0, surely below the margin
    assert special(small, np.full(7, 0.001)) is False
    assert special(small + 0.2, np.full(7, 0.001)) is True
    wide = np.tile([-1.0, 1.5], 6) * np.ones((7, 1))
    assert special(wide, np.full(7, 0.5)) is None
    assert special(wide, np.full(7, 0.01)) is True  # found by the test, and beyond the margin


def test_seeds_that_change_at_one_width_are_counted_there():
    plateau = np.array([[1, 1, 1, 0], [0, 0, 1, 0], [0, 1, 1, 0]], dtype=bool)
    assert changing(plateau) == 2
    assert together(plateau) == 2  # between the first two widths; one of them changes back
