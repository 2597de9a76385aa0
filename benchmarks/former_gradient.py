"""The gradient as it was before Numba compiled it, kept to be measured beside `fma.folding`.

It knows the same identities, with NumPy's operations. Nothing but `benchmarks.gradient` uses it.
"""

import numpy as np

from fma.network import Parameters


class FormerGradient:
    """The gradient of one network; `parameters` may change in place. Arrays hold a neuron a row."""

    def __init__(self, parameters, task, slope):
        width, hidden = parameters.W2.shape
        self.parameters, self.slope = parameters, slope
        self.bends1, self.bends2 = (1 - slope) * np.eye(width), (1 - slope) * np.eye(hidden)
        m, a = task.x_train.T
        self.x = np.vstack([m, a, np.ones(len(m))])
        self.y = task.y_train[:, 0].copy()
        box = [[f(m), g(a), 1] for f in (np.min, np.max) for g in (np.min, np.max)]
        near = [np.argmin(m + a), np.argmin(m - a), np.argmax(m - a), np.argmax(m + a)]
        self.corners = np.concatenate([box, self.x.T[near]])
        sizes = width + 3, width, width, hidden, hidden, hidden + 1
        self.buffers = [np.empty((size, len(self.y))) for size in sizes]
        self.buffers[0][:3] = self.x

    def __call__(self):
        """Return what `network.gradient` does: cost, Parameters, (largest Z2, neurons alive)."""
        W1, b1, W2, b2, W3, b3 = self.parameters
        inputs, step1, dZ1, Z2, relu2, dZ2 = self.buffers
        x, w3 = self.x, W3[:, 0]

        # Layer 1, a mixture of m, a, 1 and the ReLU of neurons that are bent in the data's box.
        layer1 = np.concatenate([W1, b1[np.newaxis]])
        ends1 = self.corners @ layer1
        bent, slopes = self._sides(ends1.min(axis=0), ends1.max(axis=0))
        mixture1 = np.concatenate([layer1 * slopes, self.bends1[bent]])
        inputs, step1, dZ1 = inputs[: len(mixture1)], step1[: len(bent)], dZ1[: len(bent)]
        relu1 = np.matmul(layer1[:, bent].T, x, out=inputs[3:])
        np.maximum(relu1, 0, out=relu1)

        # Layer 2 and the output, a mixture of layer 2's inputs and the bent neurons' ReLU.
        weights = mixture1 @ W2
        weights[2] += b2
        low, high, rows = self._bounds(weights, ends1[:, bent])
        Z2 = np.matmul(weights[:, rows].T, inputs, out=Z2[: len(rows)])
        low[rows], high[rows] = Z2.min(axis=1), Z2.max(axis=1)
        bent2, slopes2 = self._sides(low, high)
        mixture2 = np.concatenate([(slopes2 * w3)[np.newaxis], self.bends2[bent2] * w3])
        relu2, dZ2 = relu2[: len(bent2)], dZ2[: len(mixture2)]
        if len(bent2) < len(rows):
            Z2 = np.take(Z2, np.searchsorted(rows, bent2), axis=0, out=relu2, mode="clip")
        np.maximum(Z2, 0, out=relu2)
        error = (weights @ mixture2[0]) @ inputs + (b3 - self.y)
        error += ((1 - self.slope) * w3[bent2]) @ relu2

        # Backward.
        np.multiply(error, 2 / len(error), out=dZ2[0])
        np.greater(relu2, 0, out=dZ2[1:], casting="unsafe")
        dZ2[1:] *= dZ2[0]
        products = inputs @ dZ2.T
        d_weights = np.dot(products, mixture2)  # np.matmul is slow if mixture2 has one row
        dW3 = slopes2 * (products[:, 0] @ weights)
        dW3[bent2] += (1 - self.slope) * (relu2 @ dZ2[0])
        back = weights[3:] @ mixture2.T
        np.greater(relu1, 0, out=step1, casting="unsafe")
        d_layer1 = slopes * (d_weights[:3] @ W2.T)
        if len(bent2):
            d_layer1[:, bent] += x @ np.multiply(np.matmul(back, dZ2, out=dZ1), step1, out=dZ1).T
        else:  # each neuron's dZ1 is the same row, dZ2[0], times its own step and factor
            d_layer1[:, bent] += (x * dZ2[0]) @ step1.T * back[:, 0]
        dW2, db2 = mixture1.T @ d_weights, d_weights[2]
        gradient = (d_layer1[:2], d_layer1[2], dW2, db2, dW3[:, np.newaxis], products[2, :1])
        cost, alive = error @ error / len(error), np.count_nonzero(high > 0)
        return cost, Parameters(*gradient), (high.max(), alive)

    def _bounds(self, weights, ends1):
        """Bounds of Z2 on the box, and the neurons whose Z2 has to be known on every row.

        max(z, 0) is convex, and above z and 0. With one of these in its place where its weight is
        negative, Z2 becomes a convex function above it, largest in a corner; likewise below. Needed
        are neurons that may be bent, or whose bound reaches the Z2 of some row: one has the top.
        """
        relu1 = np.maximum(ends1, 0)
        gap, negative = relu1 - ends1 * (ends1.sum(axis=0) > 0), np.minimum(weights[3:], 0)
        ends = np.concatenate([self.corners, relu1], axis=1) @ weights
        high = (ends - gap @ negative).max(axis=0)
        low = (ends - gap @ (weights[3:] - negative)).min(axis=0)
        needed = ((low <= 0) & (high > 0)) | ~(high < ends[4:].max())
        return low, high, needed.nonzero()[0]

    def _sides(self, low, high):
        """Indices of the bent neurons, and the slope of each neuron's affine term."""
        on = low > 0
        return (on != (high > 0)).nonzero()[0], np.where(on, 1.0, self.slope)
