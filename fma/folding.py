"""The gradient of a LeakyReLU network, with all that is straight in it folded away, compiled.

LeakyReLU is z times a slope, 1 or s, on either side of zero. A neuron is bent if its pre-activation
has both signs on the training rows, and straight if it has one. With x = (m, a, 1) for a row, four
identities save most of the work; the result is `network.gradient`'s, up to rounding:

1. A straight neuron is its slope times its pre-activation. A bent one is s z + (1 - s) max(z, 0).
   So Z2 is an affine function of x plus a weighted sum of the bent layer-1 neurons' max(z, 0).
2. In the same way the answer is an affine function of these inputs plus the bent layer-2 neurons.
3. Z2 lies between convex functions of x that are largest, or smallest, in a corner (`_bounds`).
   Where they tell its sign, it is not computed row by row.
4. What flows back through straight neurons is the error times one number a neuron. So dW2 is of
   rank one while layer 2 is straight, and one row of products a bent neuron is added otherwise.

The loops are compiled by Numba, without reordering of sums; matrix products are BLAS's.
"""

import numpy as np
from numba import njit

from fma.network import Parameters

compiled = njit(cache=True, error_model="numpy")
ordered = njit(cache=True, fastmath={"nnan", "nsz"})  # NaN may be left out of the ends of a row


class FoldedGradient:
    """The gradient of one network; `parameters` may change in place."""

    def __init__(self, parameters, task, slope):
        width, hidden = parameters.W2.shape
        m, a = task.x_train.T
        box = [[f(m), g(a)] for f in (np.min, np.max) for g in (np.min, np.max)]
        near = [np.argmin(m + a), np.argmin(m - a), np.argmax(m - a), np.argmax(m + a)]
        self.parameters, self.slope = parameters, slope
        self.corners = np.concatenate([box, task.x_train[near]])  # of the data's box, then 4 rows
        self.y = task.y_train[:, 0].copy()
        self.inputs = np.ones((3 + width, len(m)))  # of layer 2: m, a, 1 and the bent neurons
        self.inputs[:2] = m, a
        self.buffers = [np.empty((size, len(m))) for size in (width, hidden, hidden, 1 + hidden)]

    def __call__(self):
        """Return what `network.gradient` does: cost, Parameters, (largest Z2, neurons alive)."""
        data = self.corners, self.inputs, self.y
        try:
            cost, gradient, tops = _gradient(*self.parameters, *data, self.slope, *self.buffers)
        except SystemError as error:  # how Numba passes on a Ctrl-C that came while its code ran
            while error.__cause__:
                error = error.__cause__
            raise error from None
        return cost, Parameters(*gradient), tops


@compiled
def _gradient(W1, b1, W2, b2, W3, b3, corners, inputs, y, slope, dZ1, Z2, relu2, dZ2):
    """Cost, gradient and tops; a neuron is a row of `inputs` and of the four buffers after slope.

    `bent` lists a layer's bent neurons, `slopes` has the slope of each neuron's affine term.
    """
    bend, w3 = 1 - slope, W3[:, 0].copy()

    # Layer 1, and layer 2 as weights.T @ inputs (identity 1).
    ends1, low1, high1 = _corner_values(W1, b1, corners)
    bent1, slopes1 = _sides(low1, high1, slope)
    inputs = inputs[: 3 + len(bent1)]
    for i, j in enumerate(bent1):
        _relu_of_plane(W1[0, j], W1[1, j], b1[j], inputs[0], inputs[1], inputs[3 + i])
    weights = _weights(W1, b1, W2, b2, slopes1, bent1, bend)

    # Layer 2, row by row only where the bounds leave it open (identity 3).
    low2, high2, asked = _bounds(weights, ends1, bent1, corners)
    Z2 = Z2[: len(asked)]
    np.dot(_columns(weights, asked), inputs, Z2)
    for i, h in enumerate(asked):
        low2[h], high2[h] = _extremes(Z2[i])
    bent2, slopes2 = _sides(low2, high2, slope)
    relu2, dZ2 = relu2[: len(bent2)], dZ2[: 1 + len(bent2)]
    for i, place in enumerate(np.searchsorted(asked, bent2)):
        _where_on(Z2[place], Z2[place], relu2[i])

    # The answer, and its error (identity 2).
    straight, kinks = slopes2 * w3, bend * w3[bent2]
    answer = np.dot(weights, straight)
    error = np.dot(answer, inputs) + (b3[0] - y)
    for i in range(len(bent2)):
        _add(error, kinks[i], relu2[i])
    cost = np.dot(error, error) / len(y)

    # Backward: the first row of dZ2 is that of all straight terms (identity 4).
    dZ2[0] = 2 / len(y) * error
    for i in range(len(bent2)):
        _where_on(relu2[i], dZ2[0], dZ2[1 + i])
    products = np.dot(dZ2, inputs.T)
    d_weights = np.outer(products[0], straight)
    dW3 = slopes2 * np.dot(products[0], weights)
    for i, h in enumerate(bent2):
        d_weights[:, h] += kinks[i] * products[1 + i]
        dW3[h] += bend * np.dot(relu2[i], dZ2[0])

    # Layer 1: through its affine terms, then through the bent neurons.
    dW2 = np.empty_like(W2)
    for j in range(len(b1)):
        for h in range(len(b2)):
            affine = (
                W1[0, j] * d_weights[0, h] + W1[1, j] * d_weights[1, h] + b1[j] * d_weights[2, h]
            )
            dW2[j, h] = slopes1[j] * affine
    d_layer1 = np.dot(d_weights[:3], W2.T) * slopes1
    back = np.empty((len(bent1), 1 + len(bent2)))
    back[:, 0] = answer[3:]
    for i, h in enumerate(bent2):
        back[:, 1 + i] = kinks[i] * weights[3:, h]
    dZ1 = dZ1[: len(bent1)]
    np.dot(back, dZ2, dZ1)
    for i in range(len(bent1)):
        _where_on(inputs[3 + i], dZ1[i], dZ1[i])
    own = np.dot(inputs[:3], dZ1.T)
    for i, j in enumerate(bent1):
        dW2[j] += bend * d_weights[3 + i]
        d_layer1[:, j] += own[:, i]
    gradient = d_layer1[:2], d_layer1[2], dW2, d_weights[2], dW3.reshape(-1, 1), products[0, 2:3]
    return cost, gradient, (high2.max(), np.sum(high2 > 0))


@compiled
def _corner_values(W1, b1, corners):
    """Z1 in every corner (width, 8), and the least and the largest of each neuron's."""
    ends = np.empty((len(b1), len(corners)))
    low, high = np.full(len(b1), np.inf), np.full(len(b1), -np.inf)
    for j in range(len(b1)):
        for c in range(len(corners)):
            z = W1[0, j] * corners[c, 0] + W1[1, j] * corners[c, 1] + b1[j]
            ends[j, c], low[j], high[j] = z, min(low[j], z), max(high[j], z)
    return ends, low, high


@compiled
def _sides(low, high, slope):
    """Indices of the bent neurons, and the slope of each neuron's affine term."""
    bent, slopes, found = np.empty(len(low), np.int64), np.empty(len(low)), 0
    for j in range(len(low)):
        slopes[j] = 1.0 if low[j] > 0 else slope
        if (low[j] > 0) != (high[j] > 0):
            bent[found] = j
            found += 1
    return bent[:found], slopes


@compiled
def _weights(W1, b1, W2, b2, slopes1, bent1, bend):
    """How Z2 depends on the rows of `inputs` (3 + bent, hidden): Z2 = weights.T @ inputs."""
    weights = np.zeros((3 + len(bent1), len(b2)))
    for j in range(len(b1)):
        of_m, of_a, of_1 = slopes1[j] * W1[0, j], slopes1[j] * W1[1, j], slopes1[j] * b1[j]
        for h in range(len(b2)):
            weights[0, h] += of_m * W2[j, h]
            weights[1, h] += of_a * W2[j, h]
            weights[2, h] += of_1 * W2[j, h]
    for h in range(len(b2)):
        weights[2, h] += b2[h]
    for i in range(len(bent1)):
        for h in range(len(b2)):
            weights[3 + i, h] = bend * W2[bent1[i], h]
    return weights


@compiled
def _bounds(weights, ends1, bent1, corners):
    """Bounds of Z2 on the box, and the neurons whose Z2 has to be known on every row.

    max(z, 0) is convex, and above z and 0. With one of these in its place where its weight is
    negative, Z2 becomes a convex function above it, largest in a corner; likewise below. Needed
    are neurons that may be bent, or whose bound reaches the Z2 of some row: one has the top.
    """
    hidden, top = weights.shape[1], -np.inf
    low, high = np.full(hidden, np.inf), np.full(hidden, -np.inf)
    Z2, above, below = np.empty(hidden), np.empty(hidden), np.empty(hidden)
    mostly_on = np.array([ends1[j].sum() > 0 for j in bent1])
    for c in range(len(corners)):
        for h in range(hidden):
            z = corners[c, 0] * weights[0, h] + corners[c, 1] * weights[1, h] + weights[2, h]
            Z2[h], above[h], below[h] = z, z, z
        for i in range(len(bent1)):
            z = ends1[bent1[i], c]
            relu, line = max(z, 0.0), z if mostly_on[i] else 0.0
            for h in range(hidden):
                w = weights[3 + i, h]
                Z2[h] += w * relu
                above[h] += w * (relu if w > 0 else line)
                below[h] += w * (line if w > 0 else relu)
        for h in range(hidden):
            low[h], high[h] = min(low[h], below[h]), max(high[h], above[h])
        if c >= 4:  # a training row
            top = max(top, Z2.max())
    needed = ((low <= 0) & (high > 0)) | ~(high < top)
    return low, high, np.flatnonzero(needed)


@compiled
def _columns(weights, some):
    """These columns of an array, each as a row."""
    rows = np.empty((len(some), len(weights)))
    for i in range(len(some)):
        for k in range(len(weights)):
            rows[i, k] = weights[k, some[i]]
    return rows


@compiled
def _relu_of_plane(of_m, of_a, of_1, m, a, out):
    for row in range(len(m)):
        z = of_m * m[row] + of_a * a[row] + of_1
        out[row] = z if z > 0 else 0.0


@compiled
def _where_on(relu, values, out):
    for row in range(len(out)):
        out[row] = values[row] if relu[row] > 0 else 0.0


@compiled
def _add(total, factor, values):
    for row in range(len(total)):
        total[row] += factor * values[row]


@ordered
def _extremes(values):
    low, high = np.inf, -np.inf
    for row in range(len(values)):
        low, high = min(low, values[row]), max(high, values[row])
    return low, high
