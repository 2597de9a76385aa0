"""The border's statistics on data whose truth is known."""

import numpy as np
import pytest

from fma.chapters.border import (
    added_value,
    first_border,
    shares,
)


def synthetic(n=4000, at=3.6, slope=-20.0, seed=0):
    random = np.random.RandomState(seed)
    x = np.exp(random.uniform(np.log(1.5), np.log(9), n))
    return x, random.random_sample(n) < 1 / (1 + np.exp(-slope * np.log(x / at))), random


def test_the_border_and_its_interval():
    covered = 0
    for seed in range(40):
        x, plateau, _ = synthetic(800, seed=seed)
        border = first_border(x, plateau)
        covered += border.low <= 3.6 <= border.high
        assert border.at == pytest.approx(3.6, rel=0.03)
        assert border.slope == pytest.approx(-20, rel=0.5)
    assert 33 <= covered <= 40
    low, high = border.mixed
    assert border.plateau([low, border.at, high]) == pytest.approx([0.9, 0.5, 0.1])


def test_no_border_without_two_outcomes_or_with_a_gap():
    x = np.linspace(1, 5, 50)
    assert first_border(x, np.ones(50)) is None
    assert first_border(x, x < 3) is None


def test_added_value_finds_what_matters_only():
    x, _, random = synthetic()
    helper, noise = random.randn(2, len(x))
    moved = np.log(x / 3.6) + 0.05 * helper
    plateau = random.random_sample(len(x)) < 1 / (1 + np.exp(20 * moved))
    result = added_value(x, plateau, {"helper": helper, "noise": noise})
    assert result["helper"]["p"] < 1e-6
    assert result["noise"]["p"] > 0.01
    assert result["helper"]["aic"] < -10 < result["noise"]["aic"]
    assert result["helper"]["shift"] == pytest.approx(np.exp(-0.05), abs=0.03)
    assert result[""]["r2"] < result["helper"]["r2"]


def test_shares_of_a_factorial():
    a, b = np.meshgrid([0, 1], [0, 1], indexing="ij")
    assert shares(np.stack([a, 1 - a])) == {(0,): 1, (1,): 0, (0, 1): 0}
    assert shares([a ^ b]) == {(0,): 0, (1,): 0, (0, 1): 1}
    assert shares([2 * a + b])[(0,)] == pytest.approx(0.8)
    assert shares(np.zeros((3, 2, 2))) == {}
