"""scikit-learn's network on its digits: python -m fma preflight examples/sklearn_mlp.py:make"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

X, LABELS = load_digits(return_X_y=True)
X = X / 16
Y = np.eye(10)[LABELS]


def make(width, seed):
    """The network as it is drawn, the gradient of its loss, and the learning rate of its sgd."""
    network = MLPClassifier((width,), random_state=seed, learning_rate_init=1e-300)
    network.partial_fit(X, LABELS, classes=np.unique(LABELS))  # a step too short to change a weight
    shapes = (64, width), (width,), (width, 10), (10,)

    def gradient(flat):
        """Of the cross-entropy, without the penalty alpha, which is small."""
        W1, b1, W2, b2 = unpacked(flat, shapes)
        Z = X @ W1 + b1
        A = np.maximum(Z, 0)
        odds = np.exp(A @ W2 + b2)
        error = (odds / odds.sum(axis=1, keepdims=True) - Y) / len(X)
        back = error @ W2.T * (Z > 0)
        parts = X.T @ back, back.sum(axis=0), A.T @ error, error.sum(axis=0)
        return np.concatenate([part.ravel() for part in parts])

    return network, gradient, 0.001


def unpacked(flat, shapes):
    """A flat array as arrays of these shapes."""
    pieces = np.split(flat, np.cumsum([np.prod(shape) for shape in shapes])[:-1])
    return [piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)]
