"""Checks of input: each raises a ValueError that names the argument, its value, what is allowed."""

from numbers import Integral, Real

LARGEST_SEED = 2**32 - 1


def whole(name, value, low, high=float("inf")):
    """`value` as an int from `low` to `high`."""
    most = "" if high == float("inf") else f" and at most {high}"
    return int(number(name, value, f"a whole number of at least {low}{most}", low, high, Integral))


def number(name, value, allowed, low, high, kind=Real):
    """`value` from `low` to `high`, both included; `allowed` says so in words."""
    if not isinstance(value, kind) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return value


def choice(name, value, allowed):
    """`value` in lower case, one of the strings `allowed`."""
    if not isinstance(value, str) or value.lower() not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
    return value.lower()
