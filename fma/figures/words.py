"""Words for computed values, for the titles of figures and the cells of tables."""

import numpy as np


def listing(items):
    """Words as a list in a sentence: "a", "a and b", "a, b and c"."""
    *most, last = map(str, items)
    return f"{', '.join(most)} and {last}" if most else last


def fixed(value, digits=1, sign=""):
    """A number to that many decimals; an infinite one "diverged", one that is not known "–"."""
    if np.isnan(value):
        return "–"
    return f"{value:{sign},.{digits}f}" if np.isfinite(value) else "diverged"
