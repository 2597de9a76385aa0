"""The border's statistics on data whose truth is known."""

import numpy as np
import pytest

from fma.chapters.border import (
    first_border,
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
