"""Words for computed values, for the titles of figures and the cells of tables."""

import numpy as np


def listing(items):
    """Words as a list in a sentence: "a", "a and b", "a, b and c"."""
    *most, last = map(str, items)
    return f"{', '.join(most)} and {last}" if most else last


def count(number, noun, plural=None):
    """A number with its noun: "1 run", "2 runs", "no run"."""
    return f"{number or 'no'} {noun if number in (0, 1) else plural or noun + 's'}"


def fixed(value, digits=1, sign=""):
    """A number to that many decimals; an infinite one "diverged", one that is not known "–"."""
    if np.isnan(value):
        return "–"
    return f"{value:{sign},.{digits}f}" if np.isfinite(value) else "diverged"


def span(values, form="{:.1f}"):
    """The range of some values in words: "1.0 to 2.5", or "1.0" if they agree."""
    ends = dict.fromkeys((form.format(min(values)), form.format(max(values))))
    return " to ".join(ends)
