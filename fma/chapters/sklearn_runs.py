"""Training runs of scikit-learn's networks for chapter 12, each kept on disk.

A module of its own, which imports nothing of the book: what is kept stays valid while figures and
prose change.
"""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from unittest import mock

import numpy as np
import sklearn
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

REGRESSION = ("diabetes",)
MOST_ROWS = 400  # for training, at most
MLP = "sklearn.neural_network._multilayer_perceptron"


@dataclass(frozen=True)
class Fit:
    """One network with scikit-learn's defaults but for its width, solver and seed."""

    data: str  # iris, wine, breast_cancer, digits or diabetes
    solver: str  # adam or sgd
    width: int
    seed: int
    nested: bool = False  # each neuron drawn from a stream of its own
    scaled: bool = True  # inputs, and targets of a regression, to mean 0 and deviation 1
    version: str = sklearn.__version__


@cache
def split(data, scaled=True):
    """Rows to train on and rows held out: x, x, y, y; the same for every network, read-only."""
    x, y = getattr(datasets, f"load_{data}")(return_X_y=True)
    most = min(len(x) // 2, MOST_ROWS)
    stratify = None if data in REGRESSION else y
    parts = train_test_split(
        x, y, train_size=most, test_size=most, random_state=0, stratify=stratify
    )
    if scaled:
        x_train, x_test, y_train, y_test = parts
        scaler = StandardScaler().fit(x_train)
        if data in REGRESSION:
            middle, spread = y_train.mean(), y_train.std()
            y_train, y_test = ((v - middle) / spread for v in (y_train, y_test))
        parts = scaler.transform(x_train), scaler.transform(x_test), y_train, y_test
    for part in parts:
        part.setflags(write=False)
    return parts


def network(case):
    """The network of a `Fit`, not yet fitted."""
    kind = MLPRegressor if case.data in REGRESSION else MLPClassifier
    return (_nested(kind) if case.nested else kind)(
        hidden_layer_sizes=(case.width,), solver=case.solver, random_state=case.seed
    )


def _shuffle(rows, random_state):
    order = np.arange(len(rows))
    random_state.shuffle(order)
    return rows[order]


def _turn_back(Z, delta):
    delta *= Z != 0


@contextmanager
def _quicker():
    """Within, scikit-learn takes batches, multiplies, shuffles and goes back through ReLU quicker.

    Numbers stay the same. Its own way asks each time whether the rows are a dataframe's or sparse,
    and sets zeros one by one.
    """
    with (
        mock.patch(f"{MLP}._safe_indexing", lambda rows, some: rows[some]),
        mock.patch(f"{MLP}.safe_sparse_dot", np.matmul),
        mock.patch(f"{MLP}.shuffle", _shuffle),
        mock.patch.dict(f"{MLP}.DERIVATIVES", relu=_turn_back),
    ):
        yield


def fit(case):
    """Train a network; its score (accuracy or R²) and loss on rows that it has not seen."""
    x_train, x_test, y_train, y_test = split(case.data, case.scaled)
    model = network(case)
    with warnings.catch_warnings(), _quicker():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x_train, y_train)
    if case.data in REGRESSION:
        loss = np.mean((model.predict(x_test) - y_test) ** 2)
    else:
        right = model.predict_proba(x_test)[np.arange(len(y_test)), y_test]
        loss = -np.mean(np.log(np.maximum(right, np.finfo(float).tiny)))
    return {"score": float(model.score(x_test, y_test)), "loss": float(loss)}


def milliseconds(case):
    """About how long a fit takes."""
    return {"digits": 250, "breast_cancer": 130, "diabetes": 130}.get(case.data, 80)


def initial(case):
    """The weights that a network starts from: one step, too short to change any."""
    x, _, y, _ = split(case.data, case.scaled)
    model = network(case).set_params(learning_rate_init=1e-300)
    known = {} if case.data in REGRESSION else {"classes": np.unique(y)}
    return model.partial_fit(x, y, **known)


def _nested(kind):
    """The class with another draw: neuron i of a seed is the same whatever the width.

    Its weights have the range that scikit-learn gives them. Nothing is taken from the stream that
    shuffles the rows, so that two widths see the same batches in the same order.
    """

    class Nested(kind):
        def _init_coef(self, fan_in, fan_out, dtype):
            bound = np.sqrt(6 / (fan_in + fan_out))
            first = not self.coefs_
            width, size = (fan_out, fan_in + 1) if first else (fan_in, fan_out)
            draws = np.array(
                [
                    np.random.default_rng([self.random_state, first, i]).uniform(-1, 1, size)
                    for i in range(width)
                ]
            )
            if first:
                return bound * draws[:, :-1].T.astype(dtype), bound * draws[:, -1].astype(dtype)
            last = np.random.default_rng([self.random_state, 2]).uniform(-1, 1, fan_out)
            return bound * draws.astype(dtype), bound * last.astype(dtype)

    return Nested
