"""The task: learn F = m·a (or m + a) from a thousand pairs drawn once and for all."""

from functools import cache
from typing import NamedTuple

import numpy as np

from fma.checks import choice


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


def as_task(task=None):
    """The task of that name, "product" unless given; a Task is returned, of float arrays.

    Raises ValueError, one sentence, unless it is a Task with finite numbers to train on.
    """
    if task is None or isinstance(task, str):
        return TASKS[choice("task", "product" if task is None else task, TASKS)]()
    if not isinstance(task, Task):
        raise ValueError(f"task must be a Task or a name, got {type(task).__name__}")
    try:
        x, y = (np.asarray(v).astype(float, casting="safe", copy=False) for v in task[1:3])
    except (TypeError, ValueError) as error:
        raise ValueError(f"task must hold arrays of numbers: {error}") from None
    if x.shape != (*y.shape[:1], 2) or y.shape != (*x.shape[:1], 1) or not len(x):
        allowed = "x_train (rows, 2) and y_train (rows, 1), at least one row"
        raise ValueError(f"task must have {allowed}, got {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("task must have finite x_train and y_train, got NaN or inf")
    return task._replace(x_train=x, y_train=y)
