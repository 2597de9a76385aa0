"""The gradient of a LeakyReLU network, with every straight neuron folded away.

A neuron whose pre-activation has one sign on all training rows is straight: LeakyReLU multiplies
it by 1 or by the slope. All straight neurons of layer 1 together reach layer 2 as one affine map of
(m, a); a straight neuron of layer 2 sends back a multiple of the residual. Only bent neurons need
rows in the matrix products. This is algebra: up to rounding the result is `network.gradient`'s.
Arrays hold one neuron a row, one training row a column.
"""

import numpy as np

from fma.network import Parameters


def _sides(low, high, slope):
    """Indices of the bent neurons, and each neuron's slope with 0 for the bent."""
    bent = np.flatnonzero((low <= 0) & (high > 0))
    straight = np.where(low > 0, 1.0, slope)
    straight[bent] = 0
    return bent, straight


class FoldedGradient:
    """The gradient of one network on one task; `parameters` may change in place between calls."""

    def __init__(self, parameters, task, slope):
        width, hidden = parameters.W2.shape
        self.parameters, self.slope = parameters, slope
        self.x = np.vstack([task.x_train.T, np.ones(len(task.x_train))])  # m, a, 1
        self.y = task.y_train[:, 0].copy()
        self.box = self.x.min(axis=1, keepdims=True), self.x.max(axis=1, keepdims=True)
        self.gradient = Parameters(*(np.empty_like(p) for p in parameters))
        sizes = hidden, width + 3, width, width, hidden, hidden, hidden + 1
        self.buffers = [np.empty((size, len(self.y))) for size in sizes]

    def __call__(self):
        """Return what `network.gradient` does, in buffers that the next call overwrites."""
        W1, b1, W2, b2, W3, b3 = self.parameters
        dW1, db1, dW2, db2, dW3, db3 = self.gradient
        Z2, inputs, slopes1, dZ1, A2, slopes2, dZ2 = self.buffers
        x, w3 = self.x, W3[:, 0]

        # Layer 1. A box around the data tells which neurons may be bent.
        layer1 = np.vstack([W1, b1])
        ends = [layer1 * corner for corner in self.box]
        bent, straight = _sides(np.minimum(*ends).sum(0), np.maximum(*ends).sum(0), self.slope)
        k = len(bent)
        inputs = inputs[: k + 3]  # the bent neurons' A1, then m, a, 1
        inputs[k:] = x
        slopes1 = self._activate(np.matmul(layer1[:, bent].T, x, out=inputs[:k]), slopes1)
        layer1 *= straight
        weights = np.vstack([W2[bent], layer1 @ W2])
        weights[-1] += b2

        # Layer 2 and the output.
        np.matmul(weights.T, inputs, out=Z2)
        z2_top = Z2.max(axis=1)
        bent2, straight2 = _sides(Z2.min(axis=1), z2_top, self.slope)
        k2, w3_bent, w3_straight = len(bent2), w3[bent2], straight2 * w3
        A2 = np.take(Z2, bent2, axis=0, out=A2[:k2], mode="clip")
        slopes2 = self._activate(A2, slopes2)
        residual = w3_bent @ A2 + (weights @ w3_straight) @ inputs + (b3 - self.y)
        cost = residual @ residual / len(residual)

        # Back to the weights of layer 2. dZ2 lacks its factor W3; its last row serves the straight.
        residual *= 2 / len(residual)
        dW3[:, 0] = straight2 * (Z2 @ residual)
        dW3[bent2, 0] = A2 @ residual
        db3[0] = residual.sum()
        dZ2 = dZ2[: k2 + 1]
        np.multiply(slopes2, residual, out=dZ2[:k2])
        dZ2[k2] = residual
        products = inputs @ dZ2.T
        d_weights = products[:, k2:] * w3_straight
        d_weights[:, bent2] = products[:, :k2] * w3_bent
        np.matmul(layer1.T, d_weights[k:], out=dW2)
        dW2[bent] = d_weights[:k]
        db2[:] = d_weights[-1]

        # Back to the weights of layer 1.
        d_layer1 = straight * (d_weights[k:] @ W2.T)
        back = np.column_stack([weights[:k, bent2] * w3_bent, weights[:k] @ w3_straight])
        dZ1 = np.matmul(back, dZ2, out=dZ1[:k])
        dZ1 *= slopes1
        d_layer1[:, bent] = x @ dZ1.T
        dW1[:], db1[:] = d_layer1[:2], d_layer1[2]
        return cost, self.gradient, z2_top

    def _activate(self, z, slopes):
        """LeakyReLU of z in place; its slopes, a step at 0 made without a mask, are returned."""
        slopes = np.multiply(z, 1e300, out=slopes[: len(z)])
        np.clip(slopes, self.slope, 1, out=slopes)
        z *= slopes
        return slopes
