"""The task: learn F = m·a (or m + a) from a thousand pairs drawn once and for all."""

from functools import cache
from typing import NamedTuple

import numpy as np


class Task(NamedTuple):
    """A regression task: inputs are the columns [m, a], unscaled; the target is one column."""

    name: str
    x_train: np.ndarray  # (700, 2)
    y_train: np.ndarray  # (700, 1)
    x_val: np.ndarray  # (300, 2)
    y_val: np.ndarray  # (300, 1)


def product_task():
    """F = m·a with m and a uniform on [1, 10]: all m are drawn first, then all a (article, E1)."""
    return _task("product", np.multiply)


def sum_task():
    """m + a on the same thousand pairs (article, claim C18)."""
    return _task("sum", np.add)


@cache  # all who ask share its arrays, which therefore cannot be written to
def _task(name, law):
    random = np.random.RandomState(42)
    m, a = random.uniform(1, 10, 1000), random.uniform(1, 10, 1000)
    x, y = np.column_stack([m, a]), law(m, a)[:, np.newaxis]
    x.flags.writeable = y.flags.writeable = False
    return Task(name, x[:700], y[:700], x[700:], y[700:])


TASKS = {"product": product_task, "sum": sum_task}  # by name
