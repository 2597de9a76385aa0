"""Numbers in words, for the sentences of evidence in the ledger and for titles of figures."""

import numpy as np


def percent(part, of=1):
    """A share in words: "12 %"; "no run" where there is none to take it of."""
    return f"{100 * part / of:.0f} %" if of else "no run"


def many(number, noun):
    """A number with its noun: "1 run", "2,000 runs"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def two_digits(value):
    """A number to two significant digits: "0.021", "37", "180"."""
    written = f"{value:.2g}"
    return f"{float(written):,.0f}" if abs(value) >= 10 else written


def p_value(p):
    """A p-value to three digits: "0.034", or "below 0.001"; "–" if there is none."""
    return "–" if not np.isfinite(p) else "below 0.001" if p < 0.001 else f"{p:.3f}"


def column(results, name):
    """One value of every result (dicts with the same keys), as an array."""
    return np.array([result[name] for result in results])
