"""What a straight line costs: the scale on which the cost of a network is to be read."""

import numpy as np


def baselines(task):
    """Mean squared errors of linear models on the training rows, fitted to these rows.

    Parameters
    ----------
    task : Task

    Returns
    -------
    dict of str to float
        "zero": the answer is always 0; "origin": least squares b·m + c·a; "affine": least squares
        b·m + c·a + d. For the product they are 1436.2, 141.8 and 49.1.
    """
    x, y = task.x_train, task.y_train
    return {name: _cost(x, y, fit) for name, fit in _fits(x, y).items()}


def best_affine(task):
    """Coefficients (b, c, d) of the least-squares fit b·m + c·a + d to the training rows."""
    return _affine(task.x_train, task.y_train)


def best_plane_cost(task):
    """What `baselines` gives as "affine", alone."""
    return _cost(task.x_train, task.y_train, best_affine(task))


def _fits(x, y):
    origin = np.linalg.lstsq(x, y[:, 0])[0]
    return {
        "zero": np.zeros(3),
        "origin": np.append(origin, 0),
        "affine": _affine(x, y),
    }


def _affine(x, y):
    return np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y[:, 0])[0]


def _cost(x, y, fit):
    return float(np.mean((x @ fit[:2] + fit[2] - y[:, 0]) ** 2))
