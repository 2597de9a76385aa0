"""The gradient as it was before layer 2 had bounds, kept to be measured beside `fma.folding`.

It computes every layer-2 neuron on every row. Nothing but `benchmarks.gradient` uses it.
"""

import numpy as np

from fma.network import Parameters


class FormerGradient:
    """The gradient of one network on one task; `parameters` may change in place between calls."""

    def __init__(self, parameters, task, slope):
        width, hidden = parameters.W2.shape
        self.parameters, self.slope = parameters, slope
        self.x = np.vstack([task.x_train.T, np.ones(len(task.x_train))])  # m, a, 1
        self.y = task.y_train[:, 0].copy()
        low, high = self.x.min(axis=1), self.x.max(axis=1)
        self.centre, self.radius = (low + high) / 2, (high - low) / 2
        sizes = width + 3, width, width, hidden, hidden, hidden + 1
        self.buffers = [np.empty((size, len(self.y))) for size in sizes]
        self.buffers[0][:3] = self.x

    def __call__(self):
        """Return what `network.gradient` does: cost, Parameters, (largest Z2, neurons alive)."""
        W1, b1, W2, b2, W3, b3 = self.parameters
        inputs, step1, dZ1, Z2, relu2, dZ2 = self.buffers
        x, w3 = self.x, W3[:, 0]

        # Layer 1 is a mixture of m, a, 1 and the bent neurons' ReLU. A box around the data tells
        # which neurons may be bent.
        layer1 = np.concatenate([W1, b1[np.newaxis]])
        centre, radius = self.centre @ layer1, self.radius @ np.abs(layer1)
        bent, slopes = self._sides(centre - radius, centre + radius)
        mixture1 = self._mixture(layer1 * slopes, bent, 1 - self.slope)
        inputs, step1, dZ1 = inputs[: len(mixture1)], step1[: len(bent)], dZ1[: len(bent)]
        relu1 = np.matmul(layer1[:, bent].T, x, out=inputs[3:])
        np.maximum(relu1, 0, out=relu1)

        # Layer 2 and the output, a mixture of layer 2's inputs and the bent neurons' ReLU.
        weights = mixture1 @ W2
        weights[2] += b2
        np.matmul(weights.T, inputs, out=Z2)
        top = Z2.max(axis=1)
        bent2, slopes2 = self._sides(Z2.min(axis=1), top)
        bend2 = (1 - self.slope) * w3[bent2]
        mixture2 = self._mixture((slopes2 * w3)[np.newaxis], bent2, bend2)
        relu2, dZ2 = relu2[: len(bent2)], dZ2[: len(mixture2)]
        np.take(Z2, bent2, axis=0, out=relu2, mode="clip")
        np.maximum(relu2, 0, out=relu2)
        error = bend2 @ relu2 + (weights @ mixture2[0]) @ inputs + (b3 - self.y)
        cost = error @ error / len(error)

        # Back to layer 2.
        np.multiply(error, 2 / len(error), out=dZ2[0])
        np.greater(relu2, 0, out=dZ2[1:], casting="unsafe")
        dZ2[1:] *= dZ2[0]
        products = inputs @ dZ2.T
        d_weights = products @ mixture2
        dW3 = slopes2 * (products[:, 0] @ weights)
        dW3[bent2] += (1 - self.slope) * (relu2 @ dZ2[0])

        # Back to layer 1.
        np.matmul(weights[3:] @ mixture2.T, dZ2, out=dZ1)
        dZ1 *= np.greater(relu1, 0, out=step1, casting="unsafe")
        d_layer1 = slopes * (d_weights[:3] @ W2.T)
        d_layer1[:, bent] += x @ dZ1.T
        dW2, db2 = mixture1.T @ d_weights, d_weights[2]
        gradient = (d_layer1[:2], d_layer1[2], dW2, db2, dW3[:, np.newaxis], products[2, :1])
        return cost, Parameters(*gradient), (top.max(), np.count_nonzero(top > 0))

    def _sides(self, low, high):
        """Indices of the bent neurons, and the slope of each neuron's affine term."""
        on = low > 0
        return np.flatnonzero(on != (high > 0)), np.where(on, 1.0, self.slope)

    @staticmethod
    def _mixture(affine, bent, share):
        """The affine rows, then a row for each bent neuron that holds its share."""
        mixture = np.zeros((len(affine) + len(bent), affine.shape[1]))
        mixture[: len(affine)] = affine
        mixture[np.arange(len(affine), len(mixture)), bent] = share
        return mixture
