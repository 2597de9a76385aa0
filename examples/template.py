"""A template for the pre-flight check: copy it, put your model in, and run

python -m fma preflight yours.py:make --widths 63,64 --seed 1
"""

import numpy as np

X = np.random.default_rng(0).normal(size=(200, 3))  # your data
Y = X[:, :1] * X[:, 1:2]


def make(width, seed):
    """The initial parameters, the gradient of the loss, the learning rate (the last two if wanted).

    The gradient takes and returns a flat array: the parameters end to end, in the order given.
    """
    random = np.random.default_rng(seed)
    W1 = random.normal(size=(3, width)) / np.sqrt(3)
    W2 = random.normal(size=(width, 1)) / np.sqrt(width)
    return {"W1": W1, "W2": W2}, gradient, 0.1


def nested(width, seed):
    """The same network with a stream for every neuron: the narrower stands whole in the wider."""
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(width)]
    W1 = np.column_stack([random.normal(size=3) for random in streams]) / np.sqrt(3)
    W2 = np.vstack([random.normal(size=(1, 1)) for random in streams]) / np.sqrt(width)
    return {"W1": W1, "W2": W2}, gradient, 0.1


def gradient(flat):
    """Of half the mean squared error of tanh(X W1) W2."""
    W1, W2 = np.split(flat.reshape(4, -1), [3])
    A = np.tanh(X @ W1)
    error = (A @ W2.T - Y) / len(X)
    dW1 = X.T @ (error @ W2 * (1 - A**2))
    return np.concatenate([dW1.ravel(), (A.T @ error).ravel()])
