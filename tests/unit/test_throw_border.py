"""The border of the small map against scipy's bisection."""

import numpy as np
import pytest
from scipy.optimize import bisect

from fma import throw


@pytest.mark.parametrize("width", [24, 40, 64, 80, 105, 128, 160])
def test_the_border_is_known_to_four_digits(width):
    start = throw.mean_start(width)
    at = float(throw.border(start))

    def side(x):
        return 1.0 if throw.stays(start, x) else -1.0

    assert at == pytest.approx(bisect(side, at - 0.01, at + 1e-9, xtol=1e-7), abs=1e-4)


def test_borders_of_an_array_are_those_of_each():
    starts = throw.mean_start(np.array([40, 128]))
    found = [float(throw.border(throw.mean_start(width))) for width in (40, 128)]
    assert throw.border(starts).tolist() == found
